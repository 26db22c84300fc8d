package dev.lockstep.check;

import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A problem's inputs on a tape of the reference, and their gradients afterwards. */
final class ReferenceInputs {
  private final Tape tape = new Tape();
  private final Problem problem;
  private final Map<String, Variable> variables = new LinkedHashMap<>();

  /**
   * @param indices the inputs that are integers and have no gradient
   */
  ReferenceInputs(Problem problem, Set<String> indices) {
    this.problem = problem;
    problem
        .inputs()
        .forEach(
            (name, array) -> {
              if (!indices.contains(name)) {
                variables.put(name, tape.variable(array.values(), array.shape()));
              }
            });
  }

  Variable get(String name) {
    Variable variable = variables.get(name);
    if (variable == null) {
      throw new IllegalArgumentException("case " + problem.name() + " has no input " + name);
    }
    return variable;
  }

  @Nullable Variable optional(String name) {
    return variables.get(name);
  }

  Map<String, Variable> all() {
    return variables;
  }

  /** Records an output, and seeds its upstream gradient if the problem has one. */
  void output(Answers answers, String name, Variable output) {
    answers.out(name, output.values());
    HostArray upstream = problem.upstream().get(name);
    if (upstream != null) {
      output.seedGradient(upstream.values());
    }
  }

  /** Runs reverse mode and records the gradient of every input. */
  Answers gradients(Answers answers) {
    tape.reverse();
    variables.forEach((name, variable) -> answers.grad(name, variable.gradient()));
    return answers;
  }
}
