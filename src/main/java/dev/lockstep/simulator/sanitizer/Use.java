package dev.lockstep.simulator.sanitizer;

/**
 * What makes a value count as used, so that it must be one: something happens by it that cannot be
 * undone, or that others see. To move a value, to compute with it and to keep it in shared or local
 * memory is no use, as kernels compute for rows and keys that are not there and let the result lie;
 * global memory, though, is what a kernel is for.
 */
enum Use {
  BRANCH("branches on"),
  ADDRESS("addresses memory by"),
  STORE("stores"),
  OTHER("needs");

  private final String verb;

  Use(String verb) {
    this.verb = verb;
  }

  String verb() {
    return verb;
  }
}
