package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Body;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This pass: gives parameters and results of 32 and 64 bits a register instead of a place in
 * parameter memory, and makes the loads and stores that go there moves, where nothing else is done
 * with them. Functions called through pointers keep theirs in memory, where such calls put them.
 */
final class ParameterPromotion {
  private final PtxModule module;
  private final Routine routine;
  private final List<Register> registers;

  /** What may become a register: by name, its size. */
  private final Map<String, Long> candidates = new HashMap<>();

  private final Map<String, Register> promoted = new HashMap<>();

  private ParameterPromotion(PtxModule module, Routine routine) {
    this.module = module;
    this.routine = routine;
    this.registers = new ArrayList<>(routine.registers());
  }

  /** The module with as many parameters in registers as can be. */
  static PtxModule of(PtxModule module) {
    if (module.functions().isEmpty() && module.declared().isEmpty()) {
      return module;
    }
    Set<String> pointers = CallGraph.addressTaken(module);
    List<PtxFunction> functions = new ArrayList<>();
    for (int i = 0; i < module.functions().size(); i++) {
      PtxFunction function = module.functions().get(i);
      ParameterPromotion pass = new ParameterPromotion(module, function);
      if (!pointers.contains(function.name())) {
        pass.consider(function.prototype().results());
        pass.consider(function.prototype().parameters());
      }
      Body body = pass.body(-1000 - i);
      Prototype old = function.prototype();
      Prototype prototype =
          new Prototype(pass.formals(old.results()), pass.formals(old.parameters()));
      functions.add(new PtxFunction(function.name(), function.line(), prototype, body));
    }
    List<PtxKernel> kernels = new ArrayList<>();
    for (PtxKernel kernel : module.kernels()) {
      Body body = new ParameterPromotion(module, kernel).body(-1_000_000 - kernels.size());
      kernels.add(kernel.with(body));
    }
    return module.with(kernels, functions);
  }

  private void consider(List<Prototype.Formal> formals) {
    for (Prototype.Formal formal : formals) {
      if (formal.inMemory() && fits(formal.type(), formal.bytes())) {
        candidates.put(formal.name(), formal.bytes());
      }
    }
  }

  private static boolean fits(ScalarType type, long bytes) {
    return bytes == type.bytes() && (bytes == 4 || bytes == 8);
  }

  private Body body(int number) {
    for (Variable variable : routine.variables()) {
      if (variable.space() == StateSpace.PARAM && fits(variable.type(), variable.bytes())) {
        candidates.put(variable.name(), variable.bytes());
      }
    }
    for (Instruction in : routine.instructions()) {
      if (!candidates.isEmpty()) {
        exclude(in);
      }
    }
    for (Map.Entry<String, Long> candidate : candidates.entrySet()) {
      ScalarType type = candidate.getValue() == 4 ? ScalarType.B32 : ScalarType.B64;
      Register register = new Register(registers.size(), candidate.getKey(), type, number);
      registers.add(register);
      promoted.put(candidate.getKey(), register);
    }
    Body body = routine.body();
    return new Body(
        List.copyOf(registers),
        body.variables().stream().filter(v -> !promoted.containsKey(v.name())).toList(),
        body.instructions().stream().map(this::rewritten).toList(),
        body.labels(),
        body.prototypes(),
        body.callTargets());
  }

  private List<Prototype.Formal> formals(List<Prototype.Formal> formals) {
    return formals.stream()
        .map(
            formal -> {
              Register register = formal.inMemory() ? promoted.get(formal.name()) : null;
              return register == null
                  ? formal
                  : new Prototype.Formal(
                      formal.name(),
                      register.type(),
                      formal.alignment(),
                      formal.bytes(),
                      register.id());
            })
        .toList();
  }

  /** Strikes out what an instruction needs in memory. */
  private void exclude(Instruction in) {
    if (in.opcode().equals("call")) {
      excludeArguments(in);
    } else if (moved(in) == null) {
      in.operands().forEach(this::exclude);
    }
  }

  private void exclude(Operand operand) {
    switch (operand) {
      case Operand.Symbol(String name, long offset) -> candidates.remove(name);
      case Operand.Address(Operand base, long offset) -> exclude(base);
      case Operand.Vector(List<Operand> elements) -> elements.forEach(this::exclude);
      case Operand.Indexed(List<Operand> elements) -> elements.forEach(this::exclude);
      case Operand.Arguments(List<Operand> elements) -> elements.forEach(this::exclude);
      default -> {}
    }
  }

  private void excludeArguments(Instruction call) {
    try {
      CallSite site = CallSite.of(call);
      String name = site.function();
      PtxFunction function = name == null ? null : module.function(name);
      Prototype prototype;
      if (name == null) {
        prototype = site.type() == null ? null : routine.body().prototypes().get(site.type());
      } else {
        prototype = function == null ? module.declared().get(name) : function.prototype();
      }
      excludeMismatched(site.arguments(), prototype == null ? null : prototype.parameters());
      excludeMismatched(site.results(), prototype == null ? null : prototype.results());
    } catch (Unsupported e) {
      call.operands().forEach(this::exclude);
    }
  }

  private void excludeMismatched(List<Operand> actuals, @Nullable List<Prototype.Formal> formals) {
    for (int i = 0; i < actuals.size(); i++) {
      boolean same =
          formals != null
              && i < formals.size()
              && actuals.get(i) instanceof Operand.Symbol(String name, long offset)
              && offset == 0
              && candidates.getOrDefault(name, -1L) == formals.get(i).bytes()
              && fits(formals.get(i).type(), formals.get(i).bytes());
      if (!same) {
        exclude(actuals.get(i));
      }
    }
  }

  /** The name a plain load or store of a whole candidate goes to, or null. */
  private @Nullable String moved(Instruction in) {
    boolean load = in.opcode().equals("ld");
    if (!load && !in.opcode().equals("st")
        || in.modifiers().size() != 2
        || StateSpace.named(in.modifiers().get(0)) != StateSpace.PARAM
        || in.operands().size() != 2) {
      return null;
    }
    ScalarType type = ScalarType.named(in.modifiers().get(1));
    Operand value = in.operands().get(load ? 0 : 1);
    boolean plain =
        value instanceof Operand.Reg(Register r)
            ? type != null && r.type().bytes() == type.bytes()
            : !load
                && (value instanceof Operand.IntLiteral || value instanceof Operand.FloatLiteral);
    return plain
            && type != null
            && in.operands().get(load ? 1 : 0)
                instanceof Operand.Address(Operand.Symbol(String name, long more), long offset)
            && more + offset == 0
            && candidates.getOrDefault(name, -1L) == type.bytes()
        ? name
        : null;
  }

  private Instruction rewritten(Instruction in) {
    if (promoted.isEmpty()) {
      return in;
    }
    if (in.opcode().equals("call")) {
      return with(in, "call", in.modifiers(), in.operands().stream().map(this::argument).toList());
    }
    String name = moved(in);
    Register register = name == null ? null : promoted.get(name);
    if (register == null) {
      return in;
    }
    Operand there = new Operand.Reg(register);
    List<Operand> operands =
        in.opcode().equals("ld")
            ? List.of(in.operands().get(0), there)
            : List.of(there, in.operands().get(1));
    return with(in, "mov", in.modifiers().subList(1, 2), operands);
  }

  private Operand argument(Operand operand) {
    if (operand instanceof Operand.Arguments(List<Operand> elements)) {
      return new Operand.Arguments(elements.stream().map(this::argument).toList());
    }
    Register register =
        operand instanceof Operand.Symbol(String name, long offset) ? promoted.get(name) : null;
    return register == null ? operand : new Operand.Reg(register);
  }

  private static Instruction with(
      Instruction in, String opcode, List<String> modifiers, List<Operand> operands) {
    return new Instruction(
        in.guard(), opcode, modifiers, operands, in.line(), in.text(), in.location());
  }
}
