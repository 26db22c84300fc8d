package dev.lockstep.ptx;

import java.util.List;
import java.util.Map;

/**
 * An {@code .entry}.
 *
 * @param parameterBytes size of the parameter block
 * @param maxThreads threads per block that {@code .maxntid} or {@code .reqntid} allows, else 1024
 * @param registers all registers used or declared by name, {@code id} being the index
 * @param variables what the body declares in shared or local memory
 * @param labels by name
 */
public record PtxKernel(
    String name,
    int line,
    List<Parameter> parameters,
    int parameterBytes,
    int maxThreads,
    List<Register> registers,
    List<Variable> variables,
    List<Instruction> instructions,
    Map<String, Label> labels) {}
