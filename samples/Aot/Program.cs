// What is on a picture, from one native program: nclip-aot MODEL PICTURE LABEL LABEL...
using NClip;

using var clip = Clip.Pretrained(args[0]);
var answer = clip.Classify(args[1], args[2..]);
Console.WriteLine($"{answer.Best.Label}: {answer.Best.Score:P0}");
