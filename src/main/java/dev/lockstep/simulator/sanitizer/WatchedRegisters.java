package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Registers of which it is remembered which lanes have set them, numbered from 0. */
final class WatchedRegisters {
  private final Map<Register, Integer> numbers = new HashMap<>();
  private final Set<Register> made;
  private final long[] bits;
  private final RegisterPlaces places;

  /**
   * @param made those that are computed, from what may have no value
   */
  WatchedRegisters(Set<Register> watched, Set<Register> made, RegisterPlaces places) {
    watched.forEach(register -> numbers.put(register, numbers.size()));
    this.made = made;
    this.bits = watched.stream().mapToLong(r -> bits(r.type())).toArray();
    this.places = places;
  }

  private static long bits(ScalarType type) {
    int width = type == ScalarType.PRED ? 1 : type.bits();
    return width >= 64 ? -1 : (1L << width) - 1;
  }

  int count() {
    return numbers.size();
  }

  boolean isEmpty() {
    return numbers.isEmpty();
  }

  boolean watches(Register register) {
    return numbers.containsKey(register);
  }

  /** The register's number, or −1. */
  int number(Register register) {
    return numbers.getOrDefault(register, -1);
  }

  /** The numbers of some that are watched. */
  int[] numbers(Collection<Register> some) {
    return some.stream().mapToInt(this::number).toArray();
  }

  /** The numbers of the elements of an access; −1 for one not watched. */
  int[] elements(List<@Nullable Register> elements) {
    return elements.stream().mapToInt(r -> r == null ? -1 : number(r)).toArray();
  }

  /** The bits that a register has, by its number. */
  long bits(int number) {
    return bits[number];
  }

  /** Where a register lies, watched or not. */
  Slot slot(Register register) {
    return places.slot(register);
  }

  /** The index of a predicate, watched or not. */
  int predicate(Register register) {
    return places.predicate(register);
  }

  /** A use of a register by lanes that have not set it. */
  DeviceFault fault(Warp w, int lanes, Register register) {
    String what = made.contains(register) ? ", made from what" : ", which";
    return new DeviceFault.UninitializedRead(
        "register " + register.name() + what + " the thread has never set",
        w.site(Integer.numberOfTrailingZeros(lanes)));
  }

  /** A use of what such lanes loaded from their own memory and had not written. */
  DeviceFault unwritten(Warp w, int lanes, Register register) {
    return new DeviceFault.UninitializedRead(
        "register " + register.name() + ", loaded from local memory that nobody has written",
        w.site(Integer.numberOfTrailingZeros(lanes)));
  }
}
