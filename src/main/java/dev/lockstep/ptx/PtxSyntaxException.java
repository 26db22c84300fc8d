package dev.lockstep.ptx;

/** PTX text that cannot be read, with its place. */
public final class PtxSyntaxException extends RuntimeException {
  private final int line;
  private final int column;

  /**
   * @param line from 1
   * @param column from 1
   */
  public PtxSyntaxException(int line, int column, String message) {
    super("PTX line " + line + ", column " + column + ": " + message);
    this.line = line;
    this.column = column;
  }

  /** The line, from 1. */
  public int line() {
    return line;
  }

  /** The column, from 1. */
  public int column() {
    return column;
  }
}
