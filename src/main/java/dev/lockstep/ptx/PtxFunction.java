package dev.lockstep.ptx;

/** A {@code .func} with its body. */
public record PtxFunction(String name, int line, Prototype prototype, Body body)
    implements Routine {}
