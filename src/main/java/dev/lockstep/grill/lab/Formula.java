package dev.lockstep.grill.lab;

/**
 * A formula in its two spellings.
 *
 * @param text for a terminal
 * @param tex for pages, in the subset of LaTeX that KaTeX knows
 */
public record Formula(String text, String tex) {}
