package dev.lockstep.ptx;

/** PTX text that cannot be read, with its place. */
public final class PtxSyntaxException extends RuntimeException {
  /** As much as is shown of a message: what it quotes may be a word as long as the file. */
  private static final int LONGEST = 400;

  private final int line;
  private final int column;

  /**
   * @param line from 1
   * @param column from 1
   */
  public PtxSyntaxException(int line, int column, String message) {
    super("PTX line " + line + ", column " + column + ": " + shown(message));
    this.line = line;
    this.column = column;
  }

  /** What nobody would see, as the bytes of a binary file, by its number. */
  private static String shown(String message) {
    int end = LONGEST / 2;
    int length = message.length();
    String part =
        length <= LONGEST
            ? message
            : message.substring(0, end) + " ... " + message.substring(length - end);
    StringBuilder text = new StringBuilder();
    for (char c : part.toCharArray()) {
      boolean invisible = Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
      text.append(invisible ? "\\u%04x".formatted((int) c) : String.valueOf(c));
    }
    return text.toString();
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
