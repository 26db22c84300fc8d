package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.lowering.Copies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the loads of a kernel need of the bytes they read, as {@link Copies} found out. */
final class LoadNeeds {
  private final Copies copies;

  LoadNeeds(Copies copies) {
    this.copies = copies;
  }

  /** Of all bytes that an instruction loads into registers. */
  Need of(Instruction in) {
    if (!Copies.isLoad(in)) {
      return Need.ALL;
    }
    List<@Nullable Register> elements = Copies.loaded(in);
    int bytes = Copies.elementBytes(in);
    if (bytes > 8 || elements.size() * bytes > 32) {
      return Need.ALL;
    }
    long strict = 0;
    long carried = 0;
    long used = 0;
    boolean keeps = false;
    for (int i = 0; i < elements.size(); i++) {
      Register register = elements.get(i);
      if (register != null) {
        long mine = needed(in, register, bytes) << i * bytes;
        long its = carried(register, bytes) << i * bytes;
        strict |= mine;
        carried |= its;
        used |= (mine | its) == 0 ? 0 : (1L << bytes) - 1 << i * bytes;
        keeps |= keeps(register);
      }
    }
    boolean alone = !copies.groups().contains(in);
    if (alone && !keeps && !copies.refilled().contains(in)) {
      strict |= carried;
      carried = 0;
    }
    if (used == 0 || strict == (1L << elements.size() * bytes) - 1) {
      return Need.ALL;
    }
    long free = copies.refilled().contains(in) ? carried : 0;
    return new Need(used, strict, carried, free, alone || !keeps, 0);
  }

  /** What is stored may be a structure of the thread's own, with any of its members unset. */
  Need ofOwn(Instruction in, Need need) {
    boolean keeps =
        need.carried() != 0 && Copies.loaded(in).stream().anyMatch(r -> r != null && keeps(r));
    return keeps
        ? new Need(
            need.used(), need.strict(), need.carried(), need.carried(), need.alone(), need.shift())
        : need;
  }

  /** Whether a register may hold bytes without a value once this has loaded it. */
  boolean brings(Instruction in, Register register) {
    if (!Copies.isLoad(in) || in.has("const") || register.type() == ScalarType.B128) {
      return false;
    }
    int bytes = Copies.elementBytes(in);
    return of(in).carried() != 0 && (carried(register, bytes) & ~needed(in, register, bytes)) != 0;
  }

  private boolean keeps(Register register) {
    return copies.kept().getOrDefault(register, 0L) != 0 || copies.offered().contains(register);
  }

  private long needed(Instruction in, Register register, int bytes) {
    if (register.type() == ScalarType.B128) {
      return -1;
    }
    long bits = copies.needed(register);
    ScalarType type = ScalarType.named(in.modifiers().getLast());
    boolean sign = bytes < 8 && type != null && type.isSigned() && bits >>> 8 * bytes != 0;
    return bytes(bits, bytes) | (sign ? 1L << bytes - 1 : 0);
  }

  private long carried(Register register, int bytes) {
    return copies.offered().contains(register)
        ? (1L << bytes) - 1
        : bytes(copies.carried().getOrDefault(register, 0L), bytes);
  }

  /** The bytes, of so many, that some bits are in. */
  private static long bytes(long bits, int count) {
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes |= (bits >>> 8 * i & 0xff) == 0 ? 0 : 1L << i;
    }
    return bytes;
  }
}
