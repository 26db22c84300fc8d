package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;

/** Parses variable declarations with their initialisers (PTX ISA 5.4). */
final class VariableParser {
  private VariableParser() {}

  /** {@code .shared .align 16 .b8 tile[4096], more[4];} from the state space on. */
  static List<Variable> declarations(Lexer lexer, boolean external) {
    String word = Syntax.word(lexer, "a state space");
    StateSpace space = StateSpace.named(word.substring(1));
    if (space == null) {
      throw lexer.error("unknown state space " + word);
    }
    int alignment = 0;
    if (lexer.atWord(".align")) {
      lexer.advance();
      alignment = alignment(lexer);
    }
    int lanes = 1;
    if (lexer.atWord(".v2") || lexer.atWord(".v4")) {
      lanes = lexer.atWord(".v2") ? 2 : 4;
      lexer.advance();
    }
    ScalarType type = Syntax.type(lexer);
    int natural = alignment == 0 ? type.bytes() * lanes : alignment;
    List<Variable> variables = new ArrayList<>();
    while (true) {
      variables.add(declarator(lexer, space, type, lanes, natural, external));
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, ';');
    return variables;
  }

  static int alignment(Lexer lexer) {
    PtxSyntaxException wrong = lexer.error("alignment must be a power of two");
    long alignment = Syntax.integer(lexer);
    if (Long.bitCount(alignment) != 1 || alignment > 1 << 20) {
      throw wrong;
    }
    return (int) alignment;
  }

  /** {@code [4][8]} → 32 elements, {@code []} → 0, nothing → 1. */
  static long extent(Lexer lexer) {
    long count = 1;
    while (lexer.at('[')) {
      lexer.advance();
      count *= lexer.at(']') ? 0 : Syntax.integer(lexer);
      Syntax.expect(lexer, ']');
    }
    return count;
  }

  private static Variable declarator(
      Lexer lexer, StateSpace space, ScalarType type, int lanes, int alignment, boolean external) {
    String name = Syntax.word(lexer, "a variable name");
    boolean unsized = lexer.at('[');
    long count = extent(lexer);
    unsized &= count == 0;
    List<Byte> initial = List.of();
    if (lexer.at('=')) {
      lexer.advance();
      initial = initialiser(lexer, type);
      if (unsized) {
        count = initial.size() / type.bytes();
      }
    }
    long bytes = count * lanes * type.bytes();
    if (initial.size() > bytes) {
      throw lexer.error("more initial values than " + name + " has room for");
    }
    return new Variable(name, space, type, alignment, bytes, external, initial);
  }

  private static List<Byte> initialiser(Lexer lexer, ScalarType type) {
    List<Long> values = new ArrayList<>();
    values(lexer, type, values);
    List<Byte> bytes = new ArrayList<>(values.size() * type.bytes());
    for (long value : values) {
      for (int i = 0; i < type.bytes(); i++) {
        bytes.add((byte) (value >>> (8 * i)));
      }
    }
    return List.copyOf(bytes);
  }

  private static void values(Lexer lexer, ScalarType type, List<Long> into) {
    if (!lexer.at('{')) {
      into.add(value(lexer, type));
      return;
    }
    lexer.advance();
    while (!lexer.at('}')) {
      values(lexer, type, into);
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, '}');
  }

  private static long value(Lexer lexer, ScalarType type) {
    boolean negative = lexer.at('-');
    if (negative) {
      lexer.advance();
    }
    if (lexer.kind() != Lexer.NUMBER) {
      throw lexer.error("only numbers can initialise a variable, found '" + lexer.text() + "'");
    }
    Operand literal = Literals.parse(lexer, negative);
    lexer.advance();
    return switch (literal) {
      case Operand.IntLiteral(long integer) -> integer;
      case Operand.FloatLiteral f ->
          type == ScalarType.F32
              ? Float.floatToRawIntBits((float) f.value())
              : Double.doubleToRawLongBits(f.value());
      default -> throw new AssertionError(literal);
    };
  }
}
