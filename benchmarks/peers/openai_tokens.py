#!/usr/bin/env python3
"""openai/CLIP's SimpleTokenizer (with ftfy) on captions, a new tokenizer and so an empty cache each time: tokens a second. One JSON line.

usage: openai_tokens.py CLIP_CHECKOUT FTFY_CHECKOUT CAPTIONS.txt"""
import json, sys, time

sys.path[:0] = [sys.argv[2], sys.argv[1] + "/clip"]
from simple_tokenizer import SimpleTokenizer

captions = open(sys.argv[3], encoding="utf-8").read().splitlines()
tokenizer, begin = SimpleTokenizer(), time.process_time()
tokens = sum(len(tokenizer.encode(c)) for c in captions)
print(json.dumps({"peer": "openai/CLIP SimpleTokenizer", "tokens": tokens, "tokens_per_s": tokens / (time.process_time() - begin)}))
