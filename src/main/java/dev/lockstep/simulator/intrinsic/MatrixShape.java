package dev.lockstep.simulator.intrinsic;

/**
 * Sizes of a matrix product D = A·B + C: A is m×k, B k×n, C and D m×n.
 *
 * @param matrices how many products of that size one instruction does; their matrices follow each
 *     other
 */
public record MatrixShape(int matrices, int m, int n, int k) {}
