package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Body;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Label;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.ScalarType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This pass: lets a function that pointers may lead to take and return in its frame what it
 * declares in registers. Who calls through a pointer knows the place in the frame, and not which
 * registers the function has. Predicates, which memory does not hold, stay where they are.
 */
final class FramedParameters {
  private final PtxFunction function;
  private final List<Instruction> instructions = new ArrayList<>();

  private FramedParameters(PtxFunction function) {
    this.function = function;
  }

  /** The module with nothing but predicates passed in registers through pointers. */
  static PtxModule of(PtxModule module) {
    Set<String> pointers = CallGraph.addressTaken(module);
    boolean any =
        module.functions().stream()
            .anyMatch(f -> pointers.contains(f.name()) && !inFrame(f.prototype()));
    if (!any) {
      return module;
    }
    List<PtxFunction> functions = new ArrayList<>();
    for (PtxFunction function : module.functions()) {
      boolean pointed = pointers.contains(function.name());
      functions.add(
          new PtxFunction(
              function.name(),
              function.line(),
              pointed ? framed(function.prototype()) : function.prototype(),
              pointed ? new FramedParameters(function).body() : calling(function)));
    }
    List<PtxKernel> kernels = new ArrayList<>();
    for (PtxKernel kernel : module.kernels()) {
      kernels.add(kernel.with(calling(kernel)));
    }
    return module.with(kernels, functions);
  }

  private static boolean inFrame(Prototype prototype) {
    return framed(prototype).equals(prototype);
  }

  private static Prototype framed(Prototype prototype) {
    return new Prototype(framed(prototype.results()), framed(prototype.parameters()));
  }

  private static List<Prototype.Formal> framed(List<Prototype.Formal> formals) {
    return formals.stream()
        .map(
            f ->
                f.type() == ScalarType.PRED
                    ? f
                    : new Prototype.Formal(f.name(), f.type(), f.alignment(), f.bytes(), -1))
        .toList();
  }

  /** The body of one that calls: through pointers, it passes all in the frame. */
  private static Body calling(Routine routine) {
    return with(routine.body(), routine.instructions(), routine.labels());
  }

  private static Body with(Body body, List<Instruction> instructions, Map<String, Label> labels) {
    Map<String, Prototype> prototypes = new HashMap<>();
    body.prototypes().forEach((label, prototype) -> prototypes.put(label, framed(prototype)));
    return new Body(
        body.registers(), body.variables(), instructions, labels, prototypes, body.callTargets());
  }

  /** Fetches the parameters at its start, and puts the results back wherever it returns. */
  private Body body() {
    for (Prototype.Formal formal : function.prototype().parameters()) {
      move("ld", formal, null);
    }
    int[] place = new int[function.instructions().size() + 1];
    for (int i = 0; i < function.instructions().size(); i++) {
      place[i] = instructions.size();
      Instruction in = function.instructions().get(i);
      if (in.opcode().equals("ret")) {
        putResults(in);
      }
      instructions.add(in);
    }
    place[place.length - 1] = instructions.size();
    putResults(null);
    Map<String, Label> labels = new HashMap<>();
    function
        .labels()
        .forEach((name, label) -> labels.put(name, new Label(name, place[label.index()])));
    return with(function.body(), List.copyOf(instructions), labels);
  }

  private void putResults(@Nullable Instruction ret) {
    for (Prototype.Formal formal : function.prototype().results()) {
      move("st", formal, ret);
    }
  }

  /** Between a formal's register and its place; as part of an instruction, or of the function. */
  private void move(String opcode, Prototype.Formal formal, @Nullable Instruction part) {
    if (formal.inMemory() || formal.type() == ScalarType.PRED) {
      return;
    }
    Register register = function.registers().get(formal.register());
    Operand value = new Operand.Reg(register);
    Operand there = new Operand.Address(new Operand.Symbol(formal.name(), 0), 0);
    instructions.add(
        new Instruction(
            part == null ? null : part.guard(),
            opcode,
            List.of("param", formal.type().spelling()),
            opcode.equals("ld") ? List.of(value, there) : List.of(there, value),
            part == null ? function.line() : part.line(),
            part == null ? function.name() : part.text(),
            part == null ? null : part.location()));
  }
}
