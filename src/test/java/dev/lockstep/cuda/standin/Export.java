package dev.lockstep.cuda.standin;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The driver's exports a method stands for. Its parameters are those of C: {@code int}, {@code
 * long} for sizes, handles and device addresses, {@code MemorySegment} for host pointers; it
 * returns the code.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Export {
  String[] value();
}
