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
    StringBuilder text = new StringBuilder(kernel);
    text.append(" block ").append(block).append(" thread ").append(thread);
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
