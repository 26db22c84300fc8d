package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.lowering.Dataflow;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which loads, and which stores, stand together as those that copy a structure member by member:
 * not far from each other, and with neighbouring places. A word without a value that is copied
 * among others may be padding; one that is copied alone is not.
 */
final class Company {
  /** How far apart those of a structure stand. */
  private static final int NEAR = 12;

  /** What a member and the padding behind it share. */
  private static final int LARGEST = 8;

  private final List<Instruction> all = new ArrayList<>();
  private final Map<Instruction, Integer> places = new IdentityHashMap<>();
  private final Map<Instruction, Boolean> known = new IdentityHashMap<>();

  /** The next instruction, in the order of the code. */
  void add(Instruction in) {
    if (places.putIfAbsent(in, all.size()) == null) {
      all.add(in);
    }
  }

  /** Whether another load, or store, reaches for what stands beside what this one does. */
  synchronized boolean has(Instruction in) {
    return known.computeIfAbsent(in, this::find);
  }

  private boolean find(Instruction in) {
    Integer at = places.get(in);
    Place place = at == null ? null : place(at);
    if (at == null || place == null) {
      return false;
    }
    for (int i = Math.max(0, at - NEAR); i < Math.min(all.size(), at + NEAR + 1); i++) {
      if (i != at && all.get(i).opcode().equals(in.opcode())) {
        Place other = place(i);
        if (other != null
            && other.base.equals(place.base)
            && other.offset != place.offset
            && Math.abs(other.offset - place.offset) < LARGEST) {
          return true;
        }
      }
    }
    return false;
  }

  /** An address: a register or a symbol, and how far from what it says. */
  private record Place(Object base, long offset) {}

  private @Nullable Place place(int at) {
    for (Operand operand : all.get(at).operands()) {
      if (operand instanceof Operand.Address(Operand base, long offset)) {
        return switch (base) {
          case Operand.Reg(Register register) -> root(register, offset, at);
          case Operand.Symbol(String name, long more) -> new Place(name, offset + more);
          default -> null;
        };
      }
    }
    return null;
  }

  /** What a register was made from by adding numbers, before a place in the code. */
  private Place root(Register register, long offset, int at) {
    Register base = register;
    long sum = offset;
    for (int i = at - 1; i >= Math.max(0, at - 2 * NEAR); i--) {
      Instruction in = all.get(i);
      boolean[] sets = new boolean[1];
      Register wanted = base;
      Dataflow.definitions(in, r -> sets[0] |= r.equals(wanted));
      if (!sets[0]) {
        continue;
      }
      if (in.opcode().equals("add")
          && in.operands().get(1) instanceof Operand.Reg(Register from)
          && in.operands().get(2) instanceof Operand.IntLiteral(long more)) {
        base = from;
        sum += more;
      } else {
        break;
      }
    }
    return new Place(base, sum);
  }
}
