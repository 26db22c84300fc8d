package dev.lockstep.simulator.lowering;

import dev.lockstep.device.MatrixMode;
import dev.lockstep.numeric.DType;
import dev.lockstep.ptx.Operand;
import dev.lockstep.simulator.intrinsic.Accumulation;
import dev.lockstep.simulator.intrinsic.FmaChain;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.intrinsic.MatrixElement;
import dev.lockstep.simulator.intrinsic.MatrixShape;
import dev.lockstep.simulator.intrinsic.ModelledTensorCore;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.MatrixMultiply;
import dev.lockstep.simulator.op.MatrixOperand;
import dev.lockstep.simulator.op.MatrixProduct;
import java.util.Arrays;
import java.util.List;

/** Emits the product of matrices in registers, for {@code mma} and {@code wmma.mma} alike. */
final class MatrixProductEmitter {
  private final Emitter e;
  private final String instruction;
  private final MatrixForm form;

  MatrixProductEmitter(Emitter emitter, String instruction, MatrixForm form) {
    this.e = emitter;
    this.instruction = instruction;
    this.form = form;
  }

  /** A matrix the program reads. */
  MatrixOperand source(Operand operand, MatrixElement type, Fragment fragment, int count) {
    int[] registers = new int[count];
    List<Operand> elements = elements(operand, count);
    for (int i = 0; i < count; i++) {
      Operand element = elements.get(i);
      registers[i] =
          switch (type) {
            case F32 -> e.f32(element).index();
            case F64 -> e.f64(element).index();
            default -> e.b32(element).index();
          };
    }
    return new MatrixOperand(type, fragment, registers);
  }

  /** The matrix it writes. */
  MatrixOperand target(Operand operand, MatrixElement type, Fragment fragment, int count) {
    int[] registers = new int[count];
    List<Operand> elements = elements(operand, count);
    for (int i = 0; i < count; i++) {
      Operand element = elements.get(i);
      registers[i] =
          switch (type) {
            case F32 -> e.toF32(element).index();
            case F64 -> e.toF64(element).index();
            default -> e.toB32(element).index();
          };
    }
    return new MatrixOperand(type, fragment, registers);
  }

  /** The registers of a vector operand. */
  static List<Operand> elements(Operand operand, int count) {
    List<Operand> elements = Decoder.elements(operand);
    if (elements.size() != count) {
      throw new Unsupported(elements.size() + " registers where " + count + " belong");
    }
    return elements;
  }

  /** D = A·B + C. */
  void emit(MatrixShape shape, MatrixOperand d, MatrixOperand a, MatrixOperand b, MatrixOperand c) {
    switch (a.element()) {
      case F16, BF16, TF32, E4M3, E5M2 -> floats(shape, d, a, b, c);
      case F64 -> e.emit(new MatrixProduct.Doubles(instruction, shape, d, a, b, c, rounding()));
      case S8, U8, S4, U4 ->
          e.emit(new MatrixProduct.Integers(instruction, shape, d, a, b, c, form.has("satfinite")));
      case B1 -> e.emit(new MatrixProduct.Bits(instruction, shape, d, a, b, c, form.has("and")));
      case F32, S32 -> throw new Unsupported("factors of ." + a.element().spelling());
    }
  }

  private void floats(
      MatrixShape shape, MatrixOperand d, MatrixOperand a, MatrixOperand b, MatrixOperand c) {
    MatrixMode mode = e.options.matrixMode();
    if (mode == MatrixMode.FAST && isFrequent(shape, d, a, c)) {
      tiles(shape, d, a, b, c);
      return;
    }
    Accumulation accumulation;
    if (mode == MatrixMode.FAST) {
      accumulation = new FmaChain();
    } else if (mode == MatrixMode.SM_80 && a.element().bits() == 8) {
      throw new Unsupported("sm_80 has no fp8 tensor cores to model; take mma mode fast or sm_90");
    } else {
      accumulation =
          new ModelledTensorCore(mode, a.element(), b.element(), c.element(), d.element());
    }
    e.emit(new MatrixProduct.Floats(instruction, shape, d, a, b, c, accumulation));
  }

  /** Whether it consists of {@code m16n8k16} or {@code m16n8k8}, fp32 accumulators. */
  private static boolean isFrequent(
      MatrixShape shape, MatrixOperand d, MatrixOperand a, MatrixOperand c) {
    boolean tiled =
        shape.matrices() == 1 && shape.m() % 16 == 0 && (shape.k() == 16 || shape.k() == 8);
    boolean types =
        (a.element() == MatrixElement.F16 || a.element() == MatrixElement.BF16)
            && c.element() == MatrixElement.F32
            && d.element() == MatrixElement.F32;
    return tiled && types && !overwrites(d.registers(), c.registers());
  }

  /** Whether one tile's result would destroy another tile's addend. */
  private static boolean overwrites(int[] d, int[] c) {
    for (int i = 0; i < d.length; i++) {
      for (int j = i / 4 * 4 + 4; j < c.length; j++) {
        if (d[i] == c[j]) {
          return true;
        }
      }
    }
    return false;
  }

  private void tiles(
      MatrixShape shape, MatrixOperand d, MatrixOperand a, MatrixOperand b, MatrixOperand c) {
    DType input = a.element() == MatrixElement.F16 ? DType.F16 : DType.BF16;
    int blocks = shape.m() / 16;
    int perBlock = shape.k() / 4;
    int perTile = shape.k() / 8;
    for (int tile = 0; tile < blocks * shape.n() / 8; tile++) {
      int fromA = tile % blocks * perBlock;
      int fromB = tile / blocks * perTile;
      e.emit(
          new MatrixMultiply(
              input,
              Arrays.copyOfRange(d.registers(), 4 * tile, 4 * tile + 4),
              Arrays.copyOfRange(a.registers(), fromA, fromA + perBlock),
              Arrays.copyOfRange(b.registers(), fromB, fromB + perTile),
              Arrays.copyOfRange(c.registers(), 4 * tile, 4 * tile + 4)));
    }
  }

  private Rounding rounding() {
    if (form.has("rz")) {
      return Rounding.ZERO;
    }
    if (form.has("rm")) {
      return Rounding.DOWN;
    }
    return form.has("rp") ? Rounding.UP : Rounding.NEAREST;
  }
}
