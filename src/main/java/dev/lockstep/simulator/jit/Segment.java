package dev.lockstep.simulator.jit;

import java.util.List;

/**
 * Instructions that follow each other without a branch, a barrier or a branch target between.
 *
 * @param pc of the first
 */
public record Segment(int pc, List<Part> parts) {
  /** How many instructions. */
  public int length() {
    return parts.stream().mapToInt(Part::length).sum();
  }
}
