package dev.lockstep.device;

import java.util.List;

/**
 * What one instruction did in one launch.
 *
 * @param ptxLine line of the PTX text, from 1
 * @param instruction as written
 * @param source the CUDA source lines it came from: its own, then the calls it was inlined into,
 *     the kernel's last; empty where the PTX has no line table
 */
public record LineCounts(int ptxLine, String instruction, List<SourceLine> source, Counts counts) {
  /** A line of a source file, from 1; the path is as the line table has it. */
  public record SourceLine(String path, int line) {
    /** The last name of the path. */
    public String file() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    @Override
    public String toString() {
      return file() + ":" + line;
    }
  }
}
