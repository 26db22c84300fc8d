package dev.lockstep.device;

/**
 * Where in a launch something went wrong.
 *
 * @param kernel the entry point
 * @param block the block in the grid
 * @param thread the thread in the block (the first, where several are concerned)
 * @param ptxLine line of the PTX text, from 1; 0 when unknown
 * @param instruction the PTX instruction as written; empty when unknown
 * @param source {@code file.cu:line} from the line table; empty when the PTX has none
 */
public record FaultSite(
    String kernel, Dim3 block, Dim3 thread, int ptxLine, String instruction, String source) {
  @Override
  public String toString() {
    return kernel + " block " + block + " thread " + thread + inCode();
  }

  /** The place in the code of a kernel that was not launched. */
  String unlaunched() {
    return kernel + inCode();
  }

  private String inCode() {
    StringBuilder text = new StringBuilder();
    if (ptxLine > 0) {
      text.append(", PTX line ").append(ptxLine);
    }
    if (!instruction.isEmpty()) {
      text.append(" `").append(instruction).append('`');
    }
    if (!source.isEmpty()) {
      text.append(", ").append(source);
    }
    return text.toString();
  }
}
