package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Body;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.Variable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This pass: the functions a kernel may call, and which of them may come to call themselves. A
 * pointer may lead to any function whose address the module takes somewhere and whose parameters
 * lie where the call puts them.
 */
final class CallGraph {
  private final PtxModule module;
  private final Map<String, Routine> routines = new LinkedHashMap<>();
  private final Map<String, Set<String>> callees = new LinkedHashMap<>();
  private @Nullable Set<String> addressTaken;

  private CallGraph(PtxModule module) {
    this.module = module;
  }

  static CallGraph of(PtxModule module, PtxKernel kernel) {
    CallGraph graph = new CallGraph(module);
    graph.routines.put(kernel.name(), kernel);
    List<Routine> work = new ArrayList<>(List.of(kernel));
    while (!work.isEmpty()) {
      Routine routine = work.removeLast();
      Set<String> called = new LinkedHashSet<>();
      for (Instruction in : routine.instructions()) {
        if (in.opcode().equals("call")) {
          graph.callees(routine, in).forEach(f -> called.add(f.name()));
        }
      }
      graph.callees.put(routine.name(), called);
      for (String name : called) {
        PtxFunction function = module.function(name);
        if (function != null && graph.routines.putIfAbsent(name, function) == null) {
          work.add(function);
        }
      }
    }
    return graph;
  }

  /** The kernel, then the functions it reaches. */
  List<Routine> routines() {
    return List.copyOf(routines.values());
  }

  /** The functions with a body that a call may lead to. */
  List<PtxFunction> callees(Routine routine, Instruction call) {
    CallSite site;
    try {
      site = CallSite.of(call);
    } catch (Unsupported e) {
      return List.of(); // The decoder says so with its place.
    }
    String name = site.function();
    if (name != null) {
      PtxFunction function = module.function(name);
      return function == null ? List.of() : List.of(function);
    }
    Prototype prototype = prototype(routine.body(), site);
    if (prototype == null) {
      return List.of();
    }
    List<String> listed = routine.body().callTargets().get(site.type());
    CallFrame frame = CallFrame.of(prototype);
    List<PtxFunction> found = new ArrayList<>();
    for (PtxFunction function : module.functions()) {
      boolean named =
          listed != null ? listed.contains(function.name()) : taken().contains(function.name());
      if (named && CallFrame.of(function.prototype()).equals(frame)) {
        found.add(function);
      }
    }
    return found;
  }

  /** The type of an indirect call, or null when it names none. */
  @Nullable Prototype prototype(Body body, CallSite site) {
    if (site.type() == null) {
      return null;
    }
    List<String> targets = body.callTargets().get(site.type());
    if (targets == null) {
      return body.prototypes().get(site.type());
    }
    PtxFunction first = targets.isEmpty() ? null : module.function(targets.get(0));
    return first == null ? null : first.prototype();
  }

  /** Whether a call of the one may lead to the other, directly or not. */
  boolean reaches(String from, String to) {
    Set<String> seen = new HashSet<>();
    List<String> work = new ArrayList<>(List.of(from));
    while (!work.isEmpty()) {
      String name = work.removeLast();
      if (name.equals(to)) {
        return true;
      }
      if (seen.add(name)) {
        work.addAll(callees.getOrDefault(name, Set.of()));
      }
    }
    return false;
  }

  /** The most that a routine's calls through pointers pass, wherever they lead, if anywhere. */
  long passedThroughPointers(String name) {
    Routine routine = routines.get(name);
    if (routine == null) {
      return 0;
    }
    long most = 0;
    for (Instruction in : routine.instructions()) {
      Prototype prototype = in.opcode().equals("call") ? pointerType(routine.body(), in) : null;
      most = prototype == null ? most : Math.max(most, CallFrame.of(prototype).bytes());
    }
    return most;
  }

  private @Nullable Prototype pointerType(Body body, Instruction call) {
    try {
      CallSite site = CallSite.of(call);
      return site.function() == null ? prototype(body, site) : null;
    } catch (Unsupported e) {
      return null; // The decoder says so with its place.
    }
  }

  /** Names of the functions that one calls directly. */
  Set<String> callees(String name) {
    return callees.getOrDefault(name, Set.of());
  }

  /** Whether some function may come to call itself. */
  boolean isRecursive() {
    return callees.entrySet().stream()
        .anyMatch(e -> e.getValue().stream().anyMatch(callee -> reaches(callee, e.getKey())));
  }

  private Set<String> taken() {
    if (addressTaken == null) {
      addressTaken = addressTaken(module);
    }
    return addressTaken;
  }

  /** Names of the functions that pointers may lead to. */
  static Set<String> addressTaken(PtxModule module) {
    Set<String> taken = new HashSet<>();
    for (Variable variable : module.variables()) {
      variable.references().forEach(reference -> take(module, reference.symbol(), taken));
    }
    module.kernels().forEach(kernel -> take(module, kernel, taken));
    module.functions().forEach(function -> take(module, function, taken));
    return taken;
  }

  private static void take(PtxModule module, Routine routine, Set<String> taken) {
    for (List<String> targets : routine.body().callTargets().values()) {
      targets.forEach(name -> take(module, name, taken));
    }
    for (Instruction in : routine.instructions()) {
      if (!in.opcode().equals("call")) {
        for (Operand operand : in.operands()) {
          if (operand instanceof Operand.Symbol(String name, long offset)) {
            take(module, name, taken);
          }
        }
      }
    }
  }

  private static void take(PtxModule module, String name, Set<String> taken) {
    PtxFunction function = module.function(name);
    if (function != null) {
      taken.add(function.name());
    }
  }
}
