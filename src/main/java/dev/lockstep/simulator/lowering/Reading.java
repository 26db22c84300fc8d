package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The same step with another register instead of one it reads; what it sets stays. */
final class Reading {
  private final Register from;
  private final Register to;

  private Reading(Register from, Register to) {
    this.from = from;
    this.to = to;
  }

  static Step instead(Step step, Register from, Register to) {
    Reading reading = new Reading(from, to);
    Instruction in = step.instruction();
    List<Operand> operands = new ArrayList<>();
    for (Operand operand : in.operands()) {
      boolean result = operands.isEmpty() && Liveness.hasResult(in);
      boolean set = result && !(operand instanceof Operand.Address);
      operands.add(set ? operand : reading.of(operand));
    }
    return new Step(
        Steps.with(in, reading.of(in.guard()), operands),
        step.kind(),
        reading.of(step.guard()),
        step.targets());
  }

  private Instruction.@Nullable Guard of(Instruction.@Nullable Guard guard) {
    return guard == null ? null : new Instruction.Guard(of(guard.predicate()), guard.negated());
  }

  private Register of(Register register) {
    return register.equals(from) ? to : register;
  }

  private List<Operand> of(List<Operand> operands) {
    return operands.stream().map(this::of).toList();
  }

  private Operand of(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register register) -> new Operand.Reg(of(register));
      case Operand.Part(Register register, String selector) ->
          new Operand.Part(of(register), selector);
      case Operand.Not(Register register) -> new Operand.Not(of(register));
      case Operand.Negated(Operand negated) -> new Operand.Negated(of(negated));
      case Operand.Address(Operand base, long offset) -> new Operand.Address(of(base), offset);
      case Operand.Vector(List<Operand> elements) -> new Operand.Vector(of(elements));
      case Operand.Indexed(List<Operand> elements) -> new Operand.Indexed(of(elements));
      case Operand.Arguments(List<Operand> elements) -> new Operand.Arguments(of(elements));
      case Operand.Pair(Operand first, Operand second) -> new Operand.Pair(of(first), of(second));
      case Operand.Special s -> s;
      case Operand.IntLiteral l -> l;
      case Operand.FloatLiteral l -> l;
      case Operand.Symbol s -> s;
      case Operand.Target t -> t;
      case Operand.Sink s -> s;
    };
  }
}
