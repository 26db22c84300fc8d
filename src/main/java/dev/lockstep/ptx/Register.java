package dev.lockstep.ptx;

/**
 * A declared register. Two declarations of one name in different scopes are two registers: each has
 * its own {@code id}.
 *
 * @param id dense within a kernel, from 0
 */
public record Register(int id, String name, ScalarType type) {
  @Override
  public String toString() {
    return name;
  }
}
