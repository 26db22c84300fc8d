package dev.lockstep.ops;

/**
 * What a kernel takes on one architecture, as its compiler reported.
 *
 * @param registers of each thread
 * @param sharedBytes shared memory of each block, without what the launch asks for
 * @param spillBytes local memory stored to and loaded from because registers ran out; 0 is good
 */
public record KernelResources(int registers, int sharedBytes, int spillBytes) {}
