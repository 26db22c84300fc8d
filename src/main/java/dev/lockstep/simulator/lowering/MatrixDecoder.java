package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.numeric.DType;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.simulator.op.MatrixMultiply;
import java.util.List;

/** {@code mma.sync} (PTX ISA 9.7.14). */
final class MatrixDecoder {
  private MatrixDecoder() {}

  static void decode(Instruction in, Emitter e) {
    DType input =
        switch (in.fullOpcode()) {
          case "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
              "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32" ->
              DType.BF16;
          case "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
              "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32" ->
              DType.F16;
          default -> throw new Unsupported("its shape or its types");
        };
    boolean deep = in.has("m16n8k16");
    int[] d = floats(in, e, 0, true);
    int[] c = floats(in, e, 3, false);
    int[] a = ints(in, e, 1, deep ? 4 : 2);
    int[] b = ints(in, e, 2, deep ? 2 : 1);
    e.emit(new MatrixMultiply(input, d, a, b, c));
  }

  private static int[] floats(Instruction in, Emitter e, int n, boolean target) {
    List<Operand> elements = elements(in, n, 4);
    return elements.stream().mapToInt(o -> (target ? e.toF32(o) : e.f32(o)).index()).toArray();
  }

  private static int[] ints(Instruction in, Emitter e, int n, int count) {
    return elements(in, n, count).stream().mapToInt(o -> e.b32(o).index()).toArray();
  }

  private static List<Operand> elements(Instruction in, int n, int count) {
    List<Operand> elements = Decoder.elements(operand(in, n));
    if (elements.size() != count) {
      throw new Unsupported("operand " + n + " has " + elements.size() + " registers");
    }
    return elements;
  }
}
