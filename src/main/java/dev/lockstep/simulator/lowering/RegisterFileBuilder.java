package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.RegisterFile;
import dev.lockstep.simulator.execution.RegisterFile.Special;
import dev.lockstep.simulator.execution.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Gives registers, literals, special registers and temporaries their places in the files. */
final class RegisterFileBuilder implements RegisterPlaces {
  /** Beside the files of {@link Slot}. */
  private static final int PREDICATES = 4;

  private final int[] used = new int[4];
  private final List<List<Integer>> temporaries =
      Stream.<List<Integer>>generate(ArrayList::new).limit(5).toList();
  private final int[] temporariesTaken = new int[5];
  private int predicates;
  private int carry = -1;
  private final Map<Register, Slot<?>> slots = new HashMap<>();
  private final Map<Register, Slot<long[]>> uppers = new HashMap<>();
  private final Map<Register, Integer> predicateOf = new HashMap<>();
  private final Map<Integer, Slot<float[]>> floats = new HashMap<>();
  private final Map<Integer, Slot<int[]>> ints = new HashMap<>();
  private final Map<Integer, Integer> literals = new HashMap<>();
  private final Map<Long, Slot<long[]>> longs = new HashMap<>();
  private final Map<Long, Slot<double[]>> doubles = new HashMap<>();
  private final Map<Special, Slot<int[]>> specials = new EnumMap<>(Special.class);

  private final Map<Long, RegisterFile.ParameterValue> parameters = new HashMap<>();
  private final Set<Register> constants = new HashSet<>();

  /** Those of them that are computed for each launch and are not the same in all lanes. */
  private final Set<Register> varying = new HashSet<>();

  /** The file a register of that type lives in. */
  static int file(ScalarType type) {
    return switch (type) {
      case F32 -> Slot.FLOATS;
      case F64 -> Slot.DOUBLES;
      case B64, U64, S64, B128 -> Slot.LONGS;
      default -> Slot.INTS;
    };
  }

  /** The place of a register that is no predicate. */
  @Override
  public Slot<?> slot(Register register) {
    return slots.computeIfAbsent(register, r -> fresh(file(r.type())));
  }

  /** The upper half of a 128-bit register, whose {@link #slot} is the lower. */
  @Override
  public Slot<long[]> upper(Register register) {
    return uppers.computeIfAbsent(register, r -> fresh(Slot.LONGS));
  }

  /** Whether it has a place. */
  boolean isPlaced(Register register) {
    return slots.containsKey(register);
  }

  /** The register lives where another one, of the same file, has ended. */
  void share(Register register, int index) {
    slots.put(register, new Slot<>(file(register.type()), index));
  }

  /** From now on the register is that place, which nothing writes. */
  void alias(Register register, Slot<?> place) {
    slots.put(register, place);
    constants.add(register);
  }

  /** From now on the register has a place that nothing writes but once for each launch. */
  void compute(Register register, boolean uniform) {
    constants.add(register);
    if (!uniform) {
      varying.add(register);
    }
  }

  /** Whether nothing writes it while blocks run. */
  boolean isConstant(Register register) {
    return constants.contains(register);
  }

  /** Whether all lanes of a warp hold the same in a register, and nothing writes it. */
  boolean isUniform(Register register) {
    return isConstant(register)
        && !varying.contains(register)
        && specialsIn(register).allMatch(Special::isUniform);
  }

  /** Whether it holds the same for each block of a launch. */
  boolean isSameForBlocks(Register register) {
    return isConstant(register) && specialsIn(register).allMatch(Special::isSameForBlocks);
  }

  /** What a register is an {@link #alias} of. */
  private Stream<Special> specialsIn(Register register) {
    Slot<?> place = slots.get(register);
    return specials.entrySet().stream()
        .filter(e -> e.getValue().equals(place))
        .map(Map.Entry::getKey);
  }

  /** The parameter at an offset of the block, as a register of a file. */
  Slot<?> parameter(int file, long offset) {
    RegisterFile.ParameterValue value =
        parameters.computeIfAbsent(
            offset * 4 + file, key -> new RegisterFile.ParameterValue(file, used[file]++, offset));
    return new Slot<>(file, value.register());
  }

  @Override
  public int predicate(Register register) {
    return predicateOf.computeIfAbsent(register, r -> predicates++);
  }

  /** The condition code of extended-precision arithmetic. */
  int carry() {
    if (carry < 0) {
      carry = predicates++;
    }
    return carry;
  }

  int temporaryPredicate() {
    return temporary(PREDICATES, () -> predicates++);
  }

  Slot<float[]> temporaryFloat() {
    return temporary(Slot.FLOATS);
  }

  Slot<int[]> temporaryInt() {
    return temporary(Slot.INTS);
  }

  Slot<long[]> temporaryLong() {
    return temporary(Slot.LONGS);
  }

  Slot<double[]> temporaryDouble() {
    return temporary(Slot.DOUBLES);
  }

  /** The instruction is complete: the next may use the same temporaries. */
  void releaseTemporaries() {
    Arrays.fill(temporariesTaken, 0);
  }

  private <A> Slot<A> temporary(int file) {
    return new Slot<>(file, temporary(file, () -> used[file]++));
  }

  private int temporary(int file, IntSupplier fresh) {
    List<Integer> known = temporaries.get(file);
    int n = temporariesTaken[file]++;
    if (n == known.size()) {
      known.add(fresh.getAsInt());
    }
    return known.get(n);
  }

  /** By bits, so that −0 and every NaN are kept apart. */
  Slot<float[]> constant(float value) {
    return floats.computeIfAbsent(Float.floatToRawIntBits(value), bits -> fresh(Slot.FLOATS));
  }

  Slot<int[]> constant(int value) {
    Slot<int[]> place = ints.computeIfAbsent(value, v -> fresh(Slot.INTS));
    literals.put(place.index(), value);
    return place;
  }

  /** The literal an operand's place holds, or null. */
  @Nullable Integer literal(Slot<int[]> place) {
    return literals.get(place.index());
  }

  Slot<long[]> constant(long value) {
    return longs.computeIfAbsent(value, v -> fresh(Slot.LONGS));
  }

  Slot<double[]> constant(double value) {
    return doubles.computeIfAbsent(Double.doubleToRawLongBits(value), bits -> fresh(Slot.DOUBLES));
  }

  Slot<int[]> special(Special special) {
    return specials.computeIfAbsent(special, s -> fresh(Slot.INTS));
  }

  /**
   * The files as decoding left them.
   *
   * @param zeroed registers that may be read before they are written
   */
  RegisterFile build(List<Register> zeroed) {
    return new RegisterFile(
        used[Slot.FLOATS],
        used[Slot.INTS],
        used[Slot.LONGS],
        used[Slot.DOUBLES],
        predicates,
        floats.entrySet().stream()
            .map(
                e ->
                    new RegisterFile.FloatConstant(
                        e.getValue().index(), Float.intBitsToFloat(e.getKey())))
            .toList(),
        ints.entrySet().stream()
            .map(e -> new RegisterFile.IntConstant(e.getValue().index(), e.getKey()))
            .toList(),
        longs.entrySet().stream()
            .map(e -> new RegisterFile.LongConstant(e.getValue().index(), e.getKey()))
            .toList(),
        doubles.entrySet().stream()
            .map(
                e ->
                    new RegisterFile.DoubleConstant(
                        e.getValue().index(), Double.longBitsToDouble(e.getKey())))
            .toList(),
        specials.entrySet().stream()
            .map(e -> new RegisterFile.SpecialValue(e.getKey(), e.getValue().index()))
            .toList(),
        List.copyOf(parameters.values()),
        new RegisterFile.Zeroed(
            in(zeroed, Slot.FLOATS),
            in(zeroed, Slot.INTS),
            Stream.concat(
                    in(zeroed, Slot.LONGS).stream(),
                    zeroed.stream().filter(uppers::containsKey).map(r -> upper(r).index()))
                .toList(),
            in(zeroed, Slot.DOUBLES),
            zeroed.stream()
                .filter(r -> r.type() == ScalarType.PRED)
                .map(this::predicate)
                .toList()));
  }

  private List<Integer> in(List<Register> registers, int file) {
    return registers.stream()
        .filter(r -> r.type() != ScalarType.PRED && file(r.type()) == file)
        .filter(r -> !isConstant(r))
        .map(r -> slot(r).index())
        .toList();
  }

  private <A> Slot<A> fresh(int file) {
    return new Slot<>(file, used[file]++);
  }
}
