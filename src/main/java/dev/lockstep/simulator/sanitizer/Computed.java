package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An instruction that does nothing but compute its results, lane by lane. */
final class Computed extends Followed {
  /**
   * One of the values it computes with.
   *
   * @param register null for one that every lane has the same
   * @param value of such
   * @param complement whether it is the complement that counts
   */
  record Source(@Nullable Register register, int number, long value, boolean complement) {}

  private final List<Source> sources = new ArrayList<>();
  private final List<Register> targets = new ArrayList<>();
  private final int[] numbers;
  private final BitRules.Rule[] rules;

  /** Whether bits only go from one place to another. */
  private final boolean moves;

  Computed(Op op, Instruction in, NumberedRegisters registers) {
    super(op, in, registers);
    List<Operand> operands = in.operands();
    for (int i = 1; i < operands.size(); i++) {
      source(operands.get(i));
    }
    List<@Nullable Register> results = new ArrayList<>();
    target(operands.get(0), results);
    boolean carries = in.opcode().endsWith("c") && CARRYING.contains(in.opcode());
    if (carries) {
      sources.add(
          new Source(NumberedRegisters.CARRY, registers.number(NumberedRegisters.CARRY), 0, false));
    }
    BitRules all = new BitRules(in, sources, isPlain(operands));
    List<BitRules.Rule> found = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Register result = results.get(i);
      if (result != null) {
        targets.add(result);
        found.add(all.of(i, results.size(), result));
      }
    }
    if (in.has("cc")) {
      targets.add(NumberedRegisters.CARRY);
      found.add(BitRules.ANY);
    }
    this.rules = found.toArray(BitRules.Rule[]::new);
    this.numbers = registers.numbers(targets);
    this.moves = all.moves();
  }

  private static final List<String> CARRYING = List.of("addc", "subc", "madc");

  /** Whether all it computes with is in registers, or a number. */
  private static boolean isPlain(List<Operand> operands) {
    return operands.stream()
        .skip(1)
        .allMatch(
            operand ->
                switch (operand) {
                  case Operand.Vector(List<Operand> elements) ->
                      elements.stream().allMatch(e -> isPlain(List.of(e, e)));
                  case Operand.Reg r -> true;
                  case Operand.Not n -> true;
                  case Operand.IntLiteral l -> true;
                  case Operand.FloatLiteral l -> true;
                  default -> false;
                });
  }

  private void source(Operand operand) {
    switch (operand) {
      case Operand.Vector(List<Operand> elements) -> elements.forEach(this::source);
      case Operand.IntLiteral(long value) -> sources.add(new Source(null, -1, value, false));
      case Operand.FloatLiteral(double value, boolean single, long bits) -> {
        boolean narrow = in.has("f32");
        long raw = narrow ? Float.floatToRawIntBits((float) value) : bits;
        sources.add(new Source(null, -1, narrow ? raw & 0xffff_ffffL : raw, false));
      }
      default -> {
        Register register = NumberedRegisters.register(operand);
        sources.add(
            new Source(
                register,
                register == null ? -1 : registers.number(register),
                0,
                operand instanceof Operand.Not));
      }
    }
  }

  private static void target(Operand operand, List<@Nullable Register> to) {
    switch (operand) {
      case Operand.Vector(List<Operand> elements) -> elements.forEach(e -> target(e, to));
      case Operand.Pair(Operand first, Operand second) -> {
        target(first, to);
        target(second, to);
      }
      default -> to.add(NumberedRegisters.register(operand));
    }
  }

  @Override
  void execute(Warp w, BlockShadow shadow, int lanes) {
    UnsetBits unset = shadow.unset;
    int lacking = 0;
    for (Source source : sources) {
      lacking |= source.number < 0 ? 0 : unset.lacking(w, source.number);
    }
    lacking &= lanes;
    if (lacking == 0) {
      op.execute(w);
      for (int number : numbers) {
        unset.set(w, number, lanes);
      }
      return;
    }
    long[][] values = new long[sources.size()][];
    for (int s = 0; s < values.length; s++) {
      Register register = sources.get(s).register;
      values[s] = register == null ? new long[0] : registers.values(w, register);
    }
    op.execute(w);
    long[] value = new long[values.length];
    long[] without = new long[values.length];
    long[] result = new long[numbers.length];
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Origin origin = null;
      for (int s = 0; s < value.length; s++) {
        Source source = sources.get(s);
        value[s] = source.register == null ? source.value : values[s][lane];
        value[s] = source.complement ? value[s] ^ 1 : value[s];
        without[s] = source.number < 0 ? 0 : unset.of(w, source.number, lane);
        if (without[s] != 0) {
          origin = Origin.worse(origin, unset.origin(w, source.number, lane));
          requireSetSomewhere(w, shadow, lane, source, origin);
        }
      }
      Origin passed = origin == null || moves ? origin : origin.used();
      for (int r = 0; r < result.length; r++) {
        result[r] =
            origin == null
                ? 0
                : rules[r].of(value, without) & NumberedRegisters.bits(targets.get(r));
      }
      for (int r = 0; r < result.length; r++) {
        unset.put(w, numbers[r], lane, result[r], passed);
      }
    }
  }

  /** What no instruction at all sets can have no sense. */
  private void requireSetSomewhere(
      Warp w, BlockShadow shadow, int lane, Source source, @Nullable Origin origin) {
    if (!moves && origin != null && origin.setNowhere() && source.register != null) {
      report(w, shadow, lane, origin, source.register, Use.OTHER);
    }
  }
}
