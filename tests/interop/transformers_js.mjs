// Opens folders of `nclip model export --format transformers.js` with transformers.js and compares token ids, the features of both towers and whole zero-shot answers
// with nclip's own. usage: npm install --prefix tests/interop && node tests/interop/transformers_js.mjs dotnet src/NClip.Cli/bin/Release/net10.0/nclip.dll
// The last line is 'N passed, N failed'.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AutoProcessor, AutoTokenizer, CLIPTextModelWithProjection, CLIPVisionModelWithProjection, RawImage, SiglipTextModel, SiglipVisionModel, env, pipeline } from '@huggingface/transformers';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const reference = (...names) => join(root, 'tests', 'reference', ...names);
const sample = (name) => join(root, 'samples', name);
const work = mkdtempSync(join(tmpdir(), 'nclip-interop-'));
const [command, ...words] = process.argv.slice(2);
const nclip = (...call) => execFileSync(command, [...words, ...call], { encoding: 'utf8', maxBuffer: 1 << 28 });
const lines = (text) => text.trim().split('\n').map((l) => JSON.parse(l));
[env.allowRemoteModels, env.localModelPath] = [false, work];

let [passed, failed] = [0, 0];
function check(what, ok, found) {
    if (ok) passed++;
    else failed++;
    console.log(`${ok ? 'ok    ' : 'FAIL  '} ${what}${found === undefined ? '' : `: ${found}`}`);
}

function tensors(file) {
    const bytes = readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length));
    return Object.entries(header).filter(([name]) => name !== '__metadata__').map(([name, t]) => ({ name, ...t, data: bytes.subarray(8 + length + t.data_offsets[0], 8 + length + t.data_offsets[1]) }));
}

function write(file, all) {
    let at = 0;
    const header = Buffer.from(JSON.stringify(Object.fromEntries(all.map((t) => [t.name, { dtype: t.dtype, shape: t.shape, data_offsets: [at, (at += t.data.length)] }]))));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(file, Buffer.concat([length, header, ...all.map((t) => t.data)]));
}

// A tiny model whose table of tokens is repeated until it holds a tokenizer's vocabulary.
function widened(name, from, vocabulary, files) {
    const folder = join(work, name + '-source');
    mkdirSync(folder);
    const config = JSON.parse(readFileSync(join(from, 'config.json')));
    config.text_config.vocab_size = vocabulary;
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    write(join(folder, 'model.safetensors'), tensors(join(from, 'model.safetensors')).map((t) => {
        if (!/(token|word)_embeddings?\.weight$/.test(t.name) || t.name.includes('type')) return t;
        const times = Math.ceil(vocabulary / t.shape[0]);
        return { ...t, shape: [vocabulary, t.shape[1]], data: Buffer.concat(Array(times).fill(t.data)).subarray(0, vocabulary * t.shape[1] * 4) };
    }));
    for (const [to, what] of Object.entries(files)) {
        if (typeof what === 'string') copyFileSync(what, join(folder, to));
        else writeFileSync(join(folder, to), JSON.stringify(what));
    }
    return folder;
}

function features(kind, model, inputs) {
    const file = join(work, 'features.safetensors');
    nclip('embed', kind, ...inputs, '--model', model, '-o', file);
    const [t] = tensors(file);
    return new Float32Array(t.data.buffer.slice(t.data.byteOffset, t.data.byteOffset + t.data.length));
}

function deviation(found, expected) {
    if (found.length !== expected.length) return Infinity;
    let [most, squares] = [0, 0];
    for (let i = 0; i < expected.length; i++) {
        most = Math.max(most, Math.abs(found[i] - expected[i]));
        squares += expected[i] ** 2;
    }
    return most / Math.max(1, Math.sqrt(squares / expected.length));
}

const english = ['a photo of a cat', 'a dog', "It's 2 cups of coffee, isn't it?", 'ROCKET', 'x'];
const models = [
    { name: 'clip', source: reference('model_tiny', 'a3_openai_vit_real_vocab', 'model_f16.safetensors'), size: 32, texts: [...english, '一只猫'], labels: ['cat', 'cup of coffee', 'rocket'] },
    { name: 'siglip', size: 32, sigmoid: true, texts: english, labels: ['cat', 'dog', 'boat'],
        source: widened('siglip', reference('model_tiny', 'e1_siglip_gelu', 'hf'), 3000, { 'spiece.model': reference('tokenizer_other', 'spm_unigram.model'), 'tokenizer_config.json': { tokenizer_class: 'SiglipTokenizer' } }) },
    { name: 'chinese-clip', size: 32, texts: ['a photo of a cat', "It's 2 cups!", 'ROCKET', 'x'], labels: ['cat', 'dog', 'boat'],
        source: widened('chinese-clip', reference('model_tiny', 'h_chinese_clip'), 3000, { 'vocab.txt': reference('tokenizer_other', 'wordpiece_vocab.txt'), 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', do_lower_case: true } }) },
];

try {
    for (const m of models) {
        nclip('model', 'export', '--format', 'transformers.js', '--model', m.source, '--output', join(work, m.name));
        // Pictures of the model's own size: what transformers.js does to other sizes (sharp, without antialiasing) is not what Pillow or nclip does.
        const photos = [];
        for (const name of ['chelsea.png', 'coffee.png', 'rocket.jpg']) {
            const photo = join(work, `${m.name}-${name}.png`);
            await (await (await RawImage.read(sample(name))).rgb().resize(m.size, m.size)).save(photo);
            photos.push(photo);
        }

        const tokenizer = await AutoTokenizer.from_pretrained(m.name);
        const texts = tokenizer(m.texts, { padding: m.sigmoid ? 'max_length' : true, truncation: true });
        const own = lines(nclip('tokenize', ...m.texts, '--model', m.source, '--json')).map((l) => l.ids);
        const ends = m.sigmoid ? [0, 1] : [1, 1];
        const ids = m.texts.map((_, i) => {
            const row = texts.input_ids.tolist()[i].map(Number);
            const used = m.sigmoid ? own[i].length + 1 : texts.attention_mask.tolist()[i].map(Number).reduce((a, b) => a + b, 0);
            return row.slice(ends[0], used - ends[1]);
        });
        check(`${m.name}: token ids`, JSON.stringify(ids) === JSON.stringify(own), JSON.stringify(ids) === JSON.stringify(own) ? undefined : `${JSON.stringify(ids)} for ${JSON.stringify(own)}`);

        const text = await (m.sigmoid ? SiglipTextModel : CLIPTextModelWithProjection).from_pretrained(m.name);
        const embeds = await text(texts);
        let d = deviation((embeds.text_embeds ?? embeds.pooler_output).data, features('texts', m.source, m.texts));
        check(`${m.name}: features of ${m.texts.length} texts`, d <= 2e-5, d.toExponential(1));
        if (m.sigmoid) check(`${m.name}: pooler_output of texts`, deviation(embeds.pooler_output.data, embeds.text_embeds.data) === 0);

        const processor = await AutoProcessor.from_pretrained(m.name);
        const vision = await (m.sigmoid ? SiglipVisionModel : CLIPVisionModelWithProjection).from_pretrained(m.name);
        const images = await vision(await processor(await Promise.all(photos.map((p) => RawImage.read(p)))));
        d = deviation((images.image_embeds ?? images.pooler_output).data, features('images', m.source, photos));
        check(`${m.name}: features of ${photos.length} pictures`, d <= 2e-5, d.toExponential(1));

        const classify = await pipeline('zero-shot-image-classification', m.name);
        const template = join(work, 'template.txt');
        writeFileSync(template, 'a photo of a {}.\n');
        const expected = lines(nclip('classify', ...photos, '--labels', m.labels.join(','), '--templates', template, '--model', m.source, '--json'));
        const answers = await classify(photos, m.labels, { hypothesis_template: 'a photo of a {}.' });
        const worst = Math.max(...answers.flatMap((a, i) => a.map((p) => Math.abs(p.score - expected[i].predictions.find((e) => e.label === p.label).score))));
        check(`${m.name}: zero-shot answers`, worst <= 1e-4, worst.toExponential(1));
    }
} finally {
    rmSync(work, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
