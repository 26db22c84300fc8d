// Turns every formula from TeX into MathML, which browsers draw with the fonts they have.
"use strict";
document.querySelectorAll(".formula").forEach((element) =>
  katex.render(element.textContent, element, { output: "mathml", displayMode: true, strict: "ignore" }));
