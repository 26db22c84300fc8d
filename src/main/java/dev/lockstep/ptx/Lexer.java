package dev.lockstep.ptx;

import java.util.regex.Pattern;

/**
 * Cuts PTX text into words (identifiers, registers, directives, dotted opcodes), numbers, strings
 * and single punctuation characters. Looks one token ahead, allocates only the text of words.
 */
final class Lexer {
  /** Kinds of token beside punctuation, which is its own character. */
  static final int END = 0;

  static final int WORD = 1;
  static final int NUMBER = 2;
  static final int STRING = 3;

  /** {@code # 12 "file.ptx" 1}: what a preprocessor leaves behind. */
  private static final Pattern LINE_MARKER =
      Pattern.compile("#\\s*(line\\s+)?[0-9]+\\s+\"[^\"]*\".*", Pattern.DOTALL);

  private final String source;
  private int position;
  private int line = 1;
  private int lineStart;

  private int kind;
  private int tokenStart;
  private int tokenEnd;
  private int tokenLine;
  private int tokenColumn;
  private int previousEnd;

  Lexer(String source) {
    this.source = source;
    advance();
  }

  /** Kind of the current token: one of the constants, or a punctuation character. */
  int kind() {
    return kind;
  }

  boolean at(char punctuation) {
    return kind == punctuation;
  }

  boolean atWord(String text) {
    return kind == WORD
        && tokenEnd - tokenStart == text.length()
        && source.startsWith(text, tokenStart);
  }

  /** First character of the current token. */
  char first() {
    return kind == END ? '\0' : source.charAt(tokenStart);
  }

  /** Text of the current token; of a string, what stands between its quotes. */
  String text() {
    return kind == END ? "end of file" : source.substring(tokenStart, tokenEnd);
  }

  int line() {
    return tokenLine;
  }

  int column() {
    return tokenColumn;
  }

  int start() {
    return tokenStart;
  }

  /** Where the token before the current one ended. */
  int previousEnd() {
    return previousEnd;
  }

  /** The character right behind the current token: an operator may have two. */
  char following() {
    return following(tokenEnd - 1);
  }

  private char following(int place) {
    return place + 1 < source.length() ? source.charAt(place + 1) : '\0';
  }

  /** Whether a name stands right behind the current token, and not this one. */
  boolean followedByOtherThan(String name) {
    return isWordStart(following()) && following() != '.' && !source.startsWith(name, tokenEnd);
  }

  /** Leaves out the rest of the line. */
  void skipLine() {
    int end = source.indexOf('\n', tokenEnd);
    position = end < 0 ? source.length() : end;
    advance();
  }

  PtxSyntaxException error(String message) {
    return new PtxSyntaxException(tokenLine, tokenColumn, message);
  }

  /** The source between two places, each run of white space one blank. */
  String collapsed(int start, int end) {
    StringBuilder text = new StringBuilder(end - start);
    for (int i = start; i < end; i++) {
      char c = source.charAt(i);
      if (c > ' ') {
        text.append(c);
      } else if (!text.isEmpty() && text.charAt(text.length() - 1) != ' ') {
        text.append(' ');
      }
    }
    return text.toString();
  }

  void advance() {
    previousEnd = tokenEnd;
    skipBlanks();
    tokenStart = position;
    tokenLine = line;
    tokenColumn = position - lineStart + 1;
    if (position >= source.length()) {
      kind = END;
    } else {
      char c = source.charAt(position);
      if (isDigit(c) || c == '.' && isDigit(following(position))) {
        number();
      } else if (isWordStart(c)) {
        word();
      } else if (c == '"') {
        string();
        return;
      } else {
        kind = c;
        position++;
      }
    }
    tokenEnd = position;
  }

  /** A directive ends before the next one, white space or not: {@code .reg.b16}. */
  private void word() {
    kind = WORD;
    boolean directive = source.charAt(position) == '.';
    position++;
    while (position < source.length()) {
      char c = source.charAt(position);
      if (directive && c == '.') {
        break;
      }
      if ((isWordStart(c) && c != '%') || isDigit(c)) {
        position++;
      } else if (c == ':' && source.startsWith("::", position)) {
        position += 2;
      } else {
        break;
      }
    }
  }

  private void number() {
    kind = NUMBER;
    // As long as a number is digits and dots, an e is its exponent, and that may have a sign.
    boolean decimal = true;
    while (position < source.length()) {
      char c = source.charAt(position);
      if (decimal && (c == 'e' || c == 'E') && position + 1 < source.length()) {
        char sign = source.charAt(position + 1);
        position += sign == '+' || sign == '-' ? 1 : 0;
      }
      if (!isDigit(c) && !isLetter(c) && c != '.') {
        break;
      }
      decimal &= isDigit(c) || c == '.';
      position++;
    }
  }

  private void string() {
    kind = STRING;
    int end = source.indexOf('"', position + 1);
    if (end < 0) {
      throw error("string without an end");
    }
    tokenStart = position + 1;
    tokenEnd = end;
    position = end + 1;
  }

  private void skipBlanks() {
    while (position < source.length()) {
      char c = source.charAt(position);
      if (c == '\n') {
        position++;
        line++;
        lineStart = position;
      } else if (c <= ' ') {
        position++;
      } else if (c == '/' && source.startsWith("//", position)) {
        int end = source.indexOf('\n', position);
        position = end < 0 ? source.length() : end;
      } else if (c == '/' && source.startsWith("/*", position)) {
        skipBlockComment();
      } else if (c == '#' && LINE_MARKER.matcher(restOfLine()).matches()) {
        position += restOfLine().length();
      } else {
        return;
      }
    }
  }

  private String restOfLine() {
    int end = source.indexOf('\n', position);
    return source.substring(position, end < 0 ? source.length() : end);
  }

  private void skipBlockComment() {
    int end = source.indexOf("*/", position + 2);
    if (end < 0) {
      throw new PtxSyntaxException(line, position - lineStart + 1, "comment without an end");
    }
    for (; position < end + 2; position++) {
      if (source.charAt(position) == '\n') {
        line++;
        lineStart = position + 1;
      }
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isWordStart(char c) {
    return isLetter(c) || c == '_' || c == '$' || c == '%' || c == '.';
  }
}
