package dev.lockstep.ptx;

import java.util.List;
import java.util.Map;

/**
 * What stands between the braces of a kernel or function.
 *
 * @param registers all used or declared by name, {@code id} being the index
 * @param variables what it declares but for global and constant memory; names of inner scopes are
 *     made unique as those of labels are
 * @param labels by name
 * @param prototypes {@code .callprototype}s by label, for indirect calls
 * @param callTargets {@code .calltargets} by label: the functions an indirect call may reach
 */
public record Body(
    List<Register> registers,
    List<Variable> variables,
    List<Instruction> instructions,
    Map<String, Label> labels,
    Map<String, Prototype> prototypes,
    Map<String, List<String>> callTargets) {}
