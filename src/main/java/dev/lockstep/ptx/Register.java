package dev.lockstep.ptx;

/**
 * A declared register. Two declarations of one name in different scopes are two registers: each has
 * its own {@code id}.
 *
 * @param id dense within a body, from 0
 * @param body which kernel or function of the module it belongs to
 */
public record Register(int id, String name, ScalarType type, int body) {
  @Override
  public String toString() {
    return name;
  }
}
