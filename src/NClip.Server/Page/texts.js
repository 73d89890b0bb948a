// What the page says, in English and Chinese.
const all = {
  en: { words: 'Search: words, or drop a picture', picture: 'Picture…', pictures: 'Pictures', duplicates: 'Duplicates', map: 'Map', filters: 'Filters', after: 'Taken from', before: 'Taken before', path: 'Path has', near: 'Near (latitude, longitude, km)', size: 'At least (width x height)', least: 'Least score', more: 'More like this', less: 'Less like this', original: 'Open the file', previous: 'Previous picture', next: 'Next picture', close: 'Close', drop: 'Drop a picture: what is like it?', key: 'Key of this server', enter: 'Enter', like: 'like', unlike: 'not like', remove: 'remove', found: n => `${n} found`, have: n => `${n} pictures`, searching: 'Searching…', comparing: 'Comparing all pictures…', groups: n => `${n} groups of pictures that show the same`, none: 'Nothing found.', keep: 'keep', failed: 'That failed', file: 'File', bytes: 'Size of file', pixels: 'Pixels', taken: 'Taken', camera: 'Camera', place: 'Place', caption: 'Caption', score: 'Score' },
  zh: { words: '搜索：输入文字，或拖入图片', picture: '图片…', pictures: '图片', duplicates: '重复', map: '地图', filters: '筛选', after: '拍摄于此后', before: '拍摄于此前', path: '路径包含', near: '附近（纬度,经度,公里）', size: '至少（宽x高）', least: '最低分数', more: '更多相似', less: '少些这样的', original: '打开原图', previous: '上一张', next: '下一张', close: '关闭', drop: '放下图片，查找相似', key: '服务器密钥', enter: '进入', like: '像', unlike: '不像', remove: '移除', found: n => `找到 ${n} 张`, have: n => `${n} 张图片`, searching: '搜索中…', comparing: '正在比较所有图片…', groups: n => `${n} 组内容相同的图片`, none: '没有找到。', keep: '保留', failed: '失败', file: '文件', bytes: '文件大小', pixels: '像素', taken: '拍摄时间', camera: '相机', place: '地点', caption: '说明', score: '分数' },
};

const language = (navigator.language || 'en').toLowerCase().startsWith('zh') ? 'zh' : 'en';

export const texts = all[language];

/** Writes the texts where the page names them. */
export function write() {
  document.documentElement.lang = language;
  for (const e of document.querySelectorAll('[data-text]')) e.textContent = texts[e.dataset.text];
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', texts[e.dataset.label]);
  const words = document.getElementById('words');
  words.placeholder = texts.words;
  words.setAttribute('aria-label', texts.words);
}
