// The headings that leave out a level, and whether there is another number of h1 than one.
const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1]));
const wrong = levels.filter((level, index) => level > (index ? levels[index - 1] : 0) + 1);
return levels.filter((level) => level === 1).length === 1 ? wrong : ["h1", ...wrong];
