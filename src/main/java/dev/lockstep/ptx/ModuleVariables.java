package dev.lockstep.ptx;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The variables of a module that a host can set and read: {@code __device__} and {@code
 * __constant__} ones, which lie in global and constant memory.
 *
 * @param module what messages call the module
 * @param all in the order of the file
 */
public record ModuleVariables(String module, List<Variable> all) {
  public ModuleVariables {
    all = List.copyOf(all);
  }

  /** Those of a parsed file. Variables of a body belong to it alone: no name reaches them. */
  public static ModuleVariables of(String name, PtxModule module) {
    return new ModuleVariables(
        name,
        module.variables().stream()
            .filter(v -> v.space() == StateSpace.GLOBAL || v.space() == StateSpace.CONST)
            .filter(v -> !v.external() && v.name().indexOf('@') < 0)
            .toList());
  }

  /** Their names in the PTX. */
  public List<String> names() {
    return all.stream().map(Variable::name).toList();
  }

  /**
   * The variable of that name: as the PTX has it, or, where that is a mangled C++ name, as the
   * source has it, with namespaces or without.
   *
   * @throws IllegalArgumentException when there is none, or several; the message lists them
   */
  public Variable named(String wanted) {
    for (Variable variable : all) {
      if (variable.name().equals(wanted)) {
        return variable;
      }
    }
    List<Variable> similar =
        all.stream().filter(variable -> MangledName.isOf(variable.name(), wanted)).toList();
    return switch (similar.size()) {
      case 1 -> similar.getFirst();
      case 0 ->
          throw new IllegalArgumentException(
              "%s has no variable \"%s\"%s"
                  .formatted(
                      module, wanted, all.isEmpty() ? " and no other" : "; it has " + listed(all)));
      default ->
          throw new IllegalArgumentException(
              "%s has several variables \"%s\": %s".formatted(module, wanted, listed(similar)));
    };
  }

  private static String listed(List<Variable> variables) {
    return variables.stream().map(Variable::name).collect(Collectors.joining(", "));
  }
}
