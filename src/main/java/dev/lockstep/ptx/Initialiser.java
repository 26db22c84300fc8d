package dev.lockstep.ptx;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What stands behind the {@code =} of a variable: numbers, names and nested braces. */
final class Initialiser {
  private final Lexer lexer;
  private final ScalarType type;
  private final int maxNesting;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<Variable.Reference> references = new ArrayList<>();

  Initialiser(Lexer lexer, ScalarType type, int maxNesting) {
    this.lexer = lexer;
    this.type = type;
    this.maxNesting = maxNesting;
  }

  void read() {
    values(0);
  }

  /** How many elements. */
  long size() {
    return bytes.size() / type.bytes();
  }

  List<Byte> bytes() {
    byte[] all = bytes.toByteArray();
    Byte[] boxed = new Byte[all.length];
    Arrays.setAll(boxed, i -> all[i]);
    return List.of(boxed);
  }

  List<Variable.Reference> references() {
    return List.copyOf(references);
  }

  private void values(int depth) {
    if (!lexer.at('{')) {
      value();
      return;
    }
    if (depth >= maxNesting) {
      throw lexer.error("an initialiser nested deeper than " + maxNesting);
    }
    lexer.advance();
    while (!lexer.at('}')) {
      values(depth + 1);
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, '}');
  }

  private void value() {
    if (ConstantExpression.starts(lexer) || lexer.at('(') || lexer.at('!')) {
      Operand literal = ConstantExpression.parse(lexer);
      if (lexer.at('(') && literal instanceof Operand.IntLiteral(long mask)) {
        lexer.advance();
        reference(mask);
        Syntax.expect(lexer, ')');
      } else {
        put(bits(literal));
      }
    } else {
      reference(-1);
    }
  }

  /** {@code name}, {@code generic(name)}, each with {@code + offset}. */
  private void reference(long mask) {
    boolean generic = lexer.atWord("generic");
    if (generic) {
      lexer.advance();
      Syntax.expect(lexer, '(');
    }
    String name = Syntax.word(lexer, "a number or a name");
    if (generic) {
      Syntax.expect(lexer, ')');
    }
    long addend = ConstantExpression.offset(lexer);
    if (type.isFloat() || mask == 0) {
      throw lexer.error("the address of " + name + " in ." + type.spelling());
    }
    references.add(new Variable.Reference(bytes.size(), type.bytes(), name, addend, generic, mask));
    put(0);
  }

  private void put(long value) {
    for (int i = 0; i < type.bytes(); i++) {
      bytes.write(i < 8 ? (int) (value >>> (8 * i)) : value < 0 ? 0xff : 0);
    }
  }

  private long bits(Operand literal) {
    return switch (literal) {
      case Operand.IntLiteral(long integer) ->
          switch (type) {
            case F16, BF16, F32, TF32, F64 ->
                throw lexer.error("an integer in ." + type.spelling());
            default -> integer;
          };
      case Operand.FloatLiteral f ->
          switch (type) {
            case F32, B32 -> f.single() ? f.bits() : Float.floatToRawIntBits((float) f.value());
            case F64, B64 -> Double.doubleToRawLongBits(f.value());
            default -> throw lexer.error("a float in ." + type.spelling());
          };
      default -> throw new AssertionError(literal);
    };
  }
}
