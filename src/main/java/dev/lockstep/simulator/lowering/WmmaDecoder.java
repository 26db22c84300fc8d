package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.intrinsic.MatrixElement;
import java.util.List;
import java.util.Set;

/** {@code wmma} (PTX ISA 9.7.14.4). */
final class WmmaDecoder {
  static final Set<String> FLAGS =
      Set.of(
          "mma",
          "load",
          "store",
          "a",
          "b",
          "c",
          "d",
          "sync",
          "aligned",
          "satfinite",
          "xor",
          "and",
          "popc",
          "rn",
          "rz",
          "rm",
          "rp",
          "global",
          "shared",
          "shared::cta");

  private WmmaDecoder() {}

  static void decode(Instruction in, Emitter e) {
    MatrixForm form = MatrixForm.of(in, FLAGS);
    if (form.has("mma")) {
      multiply(in, form, e);
    } else {
      WmmaMemory.decode(in, form, e);
    }
  }

  private static void multiply(Instruction in, MatrixForm form, Emitter e) {
    List<MatrixElement> types = form.types();
    if (types.size() != 4 && types.size() != 2 || form.columnMajor().size() != 2) {
      throw new Unsupported("it needs two layouts and two or four types");
    }
    MatrixElement d = types.getFirst();
    MatrixElement c = types.getLast();
    MatrixElement a = types.size() == 2 ? MatrixElement.F16 : types.get(1);
    MatrixElement b = types.size() == 2 ? MatrixElement.F16 : types.get(2);
    checkShape(form, a);
    boolean known =
        a == b
            && switch (a) {
              case F16 -> isHalfOrFloat(c) && isHalfOrFloat(d) && types.size() == 2;
              case BF16, TF32 -> c == MatrixElement.F32 && d == c;
              case F64 -> c == a && d == a;
              case S8, U8, S4, U4 -> c == MatrixElement.S32 && d == c;
              case B1 ->
                  c == MatrixElement.S32
                      && d == c
                      && form.has("popc")
                      && form.has("and") != form.has("xor");
              case E4M3, E5M2, F32, S32 -> false;
            };
    if (!known) {
      throw new Unsupported("its combination of types");
    }
    MatrixParts parts = MatrixParts.of(form, d, a, b, c);
    MatrixProductEmitter product = new MatrixProductEmitter(e, "wmma.mma", form);
    product.emit(
        parts.shape(),
        product.target(operand(in, 0), d, parts.d(), parts.d().registers()),
        product.source(operand(in, 1), a, parts.a(), registers(parts.a(), a)),
        product.source(operand(in, 2), b, parts.b(), registers(parts.b(), b)),
        product.source(operand(in, 3), c, parts.c(), parts.c().registers()));
  }

  /** How the lanes hold the matrices of a product. */
  static MatrixParts parts(MatrixForm form) {
    List<MatrixElement> types = form.types();
    MatrixElement a = types.size() == 2 ? MatrixElement.F16 : types.get(1);
    return MatrixParts.of(form, types.getFirst(), a, a, types.getLast());
  }

  /** Refuses a shape that factors of a type do not come in. */
  static void checkShape(MatrixForm form, MatrixElement factor) {
    switch (factor) {
      case F16, BF16, S8, U8 -> form.requireShape("m16n16k16", "m8n32k16", "m32n8k16");
      case TF32 -> form.requireShape("m16n16k8");
      case F64 -> form.requireShape("m8n8k4");
      case S4, U4 -> form.requireShape("m8n8k32");
      case B1 -> form.requireShape("m8n8k128");
      case E4M3, E5M2, F32, S32 -> throw new Unsupported("factors of ." + factor.spelling());
    }
  }

  /** What the lanes hold of A; of single bits, in words. */
  static Fragment a(MatrixForm form, MatrixElement type) {
    return type == MatrixElement.B1
        ? Fragment.a(form.m(), form.k() / 32, 1)
        : Fragment.a(form.m(), form.k(), type.perRegister());
  }

  /** What the lanes hold of B; of single bits, in words. */
  static Fragment b(MatrixForm form, MatrixElement type) {
    return type == MatrixElement.B1
        ? Fragment.b(form.k() / 32, form.n(), 1)
        : Fragment.b(form.k(), form.n(), type.perRegister());
  }

  /** What the lanes hold of C and D. */
  static Fragment c(MatrixForm form, MatrixElement type) {
    return Fragment.c(form.m(), form.n(), type.perRegister());
  }

  /** Registers of an operand A or B: f16 always takes eight, whether it needs them or not. */
  static int registers(Fragment fragment, MatrixElement type) {
    return type == MatrixElement.F16 ? 8 : fragment.registers();
  }

  private static boolean isHalfOrFloat(MatrixElement type) {
    return type == MatrixElement.F16 || type == MatrixElement.F32;
  }
}
