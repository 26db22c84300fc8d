package dev.lockstep.ptx;

/**
 * A place in a kernel's code.
 *
 * @param name unique in the kernel; labels of nested scopes are qualified by their scope
 * @param index the instruction it stands before; the instruction count, when it ends the kernel
 */
public record Label(String name, int index) {}
