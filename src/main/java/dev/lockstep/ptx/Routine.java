package dev.lockstep.ptx;

import java.util.List;
import java.util.Map;

/** Something with a body: a kernel or a device function. */
public sealed interface Routine permits PtxKernel, PtxFunction {
  String name();

  /** The line of its name. */
  int line();

  Body body();

  /** All registers used or declared by name, {@code id} being the index. */
  default List<Register> registers() {
    return body().registers();
  }

  /** What the body declares in shared, local or parameter memory. */
  default List<Variable> variables() {
    return body().variables();
  }

  default List<Instruction> instructions() {
    return body().instructions();
  }

  /** Labels by name. */
  default Map<String, Label> labels() {
    return body().labels();
  }
}
