package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Slot;
import java.util.List;

/** Where an instrument finds the registers of a kernel. */
public interface RegisterPlaces {
  /** The place of a register that is no predicate; of its lower half if it has 128 bits. */
  Slot<?> slot(Register register);

  /** The upper half of a 128-bit register. */
  Slot<long[]> upper(Register register);

  /** The index of a predicate. */
  int predicate(Register register);

  /** The registers an instruction writes. */
  default List<Register> written(Instruction in) {
    return Liveness.written(in);
  }

  /** The registers an instruction reads, its guard left aside. */
  default List<Register> read(Instruction in) {
    return Liveness.read(in);
  }
}
