package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.intrinsic.MatrixElement;
import dev.lockstep.simulator.intrinsic.MatrixShape;
import java.util.Set;

/** {@code mma.sync}, dense (PTX ISA 9.7.14.5). */
final class MmaDecoder {
  static final Set<String> FLAGS =
      Set.of("sync", "aligned", "satfinite", "xor", "and", "popc", "rn", "rz", "rm", "rp");

  private MmaDecoder() {}

  static void decode(Instruction in, Emitter e) {
    MatrixForm form = MatrixForm.of(in, FLAGS);
    if (form.types().size() != 4 || form.columnMajor().size() != 2) {
      throw new Unsupported("it needs two layouts and four types");
    }
    MatrixElement d = form.types().get(0);
    MatrixElement a = form.types().get(1);
    MatrixElement b = form.types().get(2);
    MatrixElement c = form.types().get(3);
    checkTypes(form, d, a, b, c);
    if (!areQuads(form) && (form.columnMajor().get(0) || !form.columnMajor().get(1))) {
      throw new Unsupported("layouts other than .row.col");
    }
    MatrixParts parts = parts(form);
    MatrixProductEmitter product = new MatrixProductEmitter(e, "mma.sync", form);
    product.emit(
        parts.shape(),
        product.target(operand(in, 0), d, parts.d(), parts.d().registers()),
        product.source(operand(in, 1), a, parts.a(), parts.a().registers()),
        product.source(operand(in, 2), b, parts.b(), parts.b().registers()),
        product.source(operand(in, 3), c, parts.c(), parts.c().registers()));
  }

  /** How the lanes hold the matrices. */
  static MatrixParts parts(MatrixForm form) {
    MatrixElement d = form.types().get(0);
    MatrixElement a = form.types().get(1);
    MatrixElement b = form.types().get(2);
    MatrixElement c = form.types().get(3);
    if (!areQuads(form)) {
      return MatrixParts.of(form, d, a, b, c);
    }
    return new MatrixParts(
        new MatrixShape(4, 8, 8, 4),
        Fragment.quadC(d == MatrixElement.F16),
        Fragment.quadA(form.columnMajor().get(0)),
        Fragment.quadB(form.columnMajor().get(1)),
        Fragment.quadC(c == MatrixElement.F16));
  }

  /** Four products, each by eight lanes. */
  private static boolean areQuads(MatrixForm form) {
    return form.types().get(1) == MatrixElement.F16 && form.shape().equals("m8n8k4");
  }

  private static void checkTypes(
      MatrixForm form, MatrixElement d, MatrixElement a, MatrixElement b, MatrixElement c) {
    boolean known =
        switch (a) {
          case F16 -> {
            form.requireShape("m8n8k4", "m16n8k8", "m16n8k16");
            yield b == a && isHalfOrFloat(c) && (d == c || d == MatrixElement.F32 && form.k() == 4);
          }
          case BF16 -> {
            form.requireShape("m16n8k8", "m16n8k16");
            yield b == a && c == MatrixElement.F32 && d == c;
          }
          case TF32 -> {
            form.requireShape("m16n8k4", "m16n8k8");
            yield b == a && c == MatrixElement.F32 && d == c;
          }
          case E4M3, E5M2 -> {
            form.requireShape("m16n8k16", "m16n8k32");
            yield (b == MatrixElement.E4M3 || b == MatrixElement.E5M2)
                && isHalfOrFloat(c)
                && d == c;
          }
          case F64 -> {
            form.requireShape("m8n8k4", "m16n8k4", "m16n8k8", "m16n8k16");
            yield b == a && c == a && d == a;
          }
          case S8, U8 -> {
            form.requireShape("m8n8k16", "m16n8k16", "m16n8k32");
            yield isInteger(b, 8) && c == MatrixElement.S32 && d == c;
          }
          case S4, U4 -> {
            form.requireShape("m8n8k32", "m16n8k32", "m16n8k64");
            yield isInteger(b, 4) && c == MatrixElement.S32 && d == c;
          }
          case B1 -> {
            form.requireShape("m8n8k128", "m16n8k128", "m16n8k256");
            yield b == a
                && c == MatrixElement.S32
                && d == c
                && form.has("popc")
                && form.has("and") != form.has("xor");
          }
          case F32, S32 -> false;
        };
    if (!known) {
      throw new Unsupported("its combination of types");
    }
  }

  private static boolean isHalfOrFloat(MatrixElement type) {
    return type == MatrixElement.F16 || type == MatrixElement.F32;
  }

  static boolean isInteger(MatrixElement type, int bits) {
    return !type.isFloat() && type.bits() == bits;
  }
}
