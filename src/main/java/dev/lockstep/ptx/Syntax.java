package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;

/** Small pieces every parser here needs. */
final class Syntax {
  private Syntax() {}

  static void expect(Lexer lexer, char punctuation) {
    if (!lexer.at(punctuation)) {
      throw lexer.error("expected '" + punctuation + "', found '" + lexer.text() + "'");
    }
    lexer.advance();
  }

  static String word(Lexer lexer, String what) {
    if (lexer.kind() != Lexer.WORD) {
      throw lexer.error("expected " + what + ", found '" + lexer.text() + "'");
    }
    String text = lexer.text();
    lexer.advance();
    return text;
  }

  /** A name that is declared here: PTX ISA 4.4, where no dot belongs to one. */
  static String identifier(Lexer lexer, String what) {
    if (lexer.kind() == Lexer.WORD && !isIdentifier(lexer.text())) {
      throw lexer.error(lexer.text() + " is no name");
    }
    return word(lexer, what);
  }

  static boolean isIdentifier(String word) {
    boolean marked = "_$%".indexOf(word.charAt(0)) >= 0;
    return word.indexOf('.') < 0 && !(marked && word.length() == 1) && !word.equals("WARP_SZ");
  }

  static long integer(Lexer lexer) {
    if (lexer.kind() != Lexer.NUMBER) {
      throw lexer.error("expected an integer, found '" + lexer.text() + "'");
    }
    try {
      long value = Literals.integer(lexer.text());
      lexer.advance();
      return value;
    } catch (NumberFormatException e) {
      throw lexer.error("not an integer: " + lexer.text());
    }
  }

  /** An integer from 0 to a limit. */
  static int count(Lexer lexer, int limit) {
    int line = lexer.line();
    int column = lexer.column();
    int start = lexer.start();
    long value = integer(lexer);
    if (value < 0 || value > limit) {
      String number = lexer.collapsed(start, lexer.start()).strip();
      throw new PtxSyntaxException(line, column, number + " must be from 0 to " + limit);
    }
    return (int) value;
  }

  /** A type directive such as {@code .f32}. */
  static ScalarType type(Lexer lexer) {
    String text = lexer.kind() == Lexer.WORD ? lexer.text() : "";
    ScalarType type = text.startsWith(".") ? ScalarType.named(text.substring(1)) : null;
    if (type == null) {
      throw lexer.error("expected a type, found '" + lexer.text() + "'");
    }
    lexer.advance();
    return type;
  }

  /** Skips to the end of a statement, its semicolon included. */
  static void skipStatement(Lexer lexer) {
    while (!lexer.at(';')) {
      if (lexer.kind() == Lexer.END) {
        throw lexer.error("expected ';', found the end of the file");
      }
      lexer.advance();
    }
    lexer.advance();
  }

  /** Skips a block and all blocks inside it, from its opening brace on. */
  static void skipBlock(Lexer lexer) {
    expect(lexer, '{');
    for (int depth = 1; depth > 0; lexer.advance()) {
      if (lexer.kind() == Lexer.END) {
        throw lexer.error("expected '}', found the end of the file");
      }
      depth += lexer.at('{') ? 1 : lexer.at('}') ? -1 : 0;
    }
  }

  /** {@code ld.global.f32} → ld, global, f32. */
  static List<String> split(String opcode) {
    List<String> parts = new ArrayList<>(5);
    int start = 0;
    for (int dot = opcode.indexOf('.'); dot >= 0; dot = opcode.indexOf('.', start)) {
      parts.add(opcode.substring(start, dot));
      start = dot + 1;
    }
    parts.add(opcode.substring(start));
    return parts.size() == 1 ? List.of(opcode) : List.copyOf(parts);
  }
}
