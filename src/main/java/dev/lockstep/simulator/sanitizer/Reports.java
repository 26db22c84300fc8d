package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.FaultSite;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.Instrument.SharedVariable;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** Puts what was found into words: what, where, the other party, the memory concerned. */
final class Reports {
  private final List<AccessSite> sites;
  private final List<SharedVariable> variables;

  /**
   * @param sites by number
   */
  Reports(List<AccessSite> sites, List<SharedVariable> variables) {
    this.sites = sites;
    this.variables = variables;
  }

  /** The instruction of a number; null when there are too many to tell. */
  @Nullable AccessSite site(int id) {
    return id == AccessSite.LIMIT - 1 ? null : sites.get(id);
  }

  DeviceFault race(
      Warp w,
      int lane,
      AccessSite site,
      int offset,
      int size,
      int other,
      @Nullable AccessSite before) {
    return new DeviceFault.SharedMemoryRace(
        "a thread %s %s, which thread %s %s; no barrier parts them"
            .formatted(site.verb(), shared(offset, size), w.thread(other), done(before)),
        w.site(lane));
  }

  DeviceFault copyUnderWay(
      Warp w,
      int lane,
      AccessSite site,
      int offset,
      int size,
      int other,
      @Nullable AccessSite copy) {
    return new DeviceFault.AsyncCopyNotWaited(
        "a thread %s %s, to which thread %s %s and has not waited for it"
            .formatted(site.verb(), shared(offset, size), w.thread(other), begun(copy)),
        w.site(lane));
  }

  /** Who waited for a copy sees it, and no other thread before a barrier (PTX ISA, cp.async). */
  DeviceFault copyNotShared(
      Warp w,
      int lane,
      AccessSite site,
      int offset,
      int size,
      int other,
      @Nullable AccessSite copy) {
    return new DeviceFault.SharedMemoryRace(
        "a thread %s %s, to which thread %s %s and waited for it; no barrier came after that"
            .formatted(site.verb(), shared(offset, size), w.thread(other), begun(copy)),
        w.site(lane));
  }

  /** What an access reads of shared memory that was not all written. */
  String shared(AccessSite site, int offset, int size, LongPredicate written) {
    return "a thread %s %s; %s"
        .formatted(site.verb(), shared(offset, size), missing(offset, size, written));
  }

  /**
   * The same of another memory.
   *
   * @param name what it is called
   * @param start its address
   * @param at where in it
   */
  static String memory(
      AccessSite site, String name, long start, long at, int size, LongPredicate written) {
    return "a thread %s %d bytes at 0x%x, offset %d of %s; %s"
        .formatted(site.verb(), size, start + at, at, name, missing(at, size, written));
  }

  /** A read that is a mistake whatever becomes of it. */
  static DeviceFault uninitialized(Origin.Memory origin) {
    return new DeviceFault.UninitializedRead(origin.what(), origin.site());
  }

  /**
   * Something depends on what has no value.
   *
   * @param register what holds it
   */
  static DeviceFault used(Origin origin, @Nullable Register register, Use use, FaultSite by) {
    Origin.Memory memory = origin.memory();
    if (memory == null) {
      return new DeviceFault.UninitializedRead(
          "register " + made(origin, register) + ", which the thread has never set", by);
    }
    String source = by.source().isEmpty() ? "" : ", " + by.source();
    return new DeviceFault.UninitializedRead(
        "%s; thread (%d,%d,%d) %s %s at PTX line %d `%s`%s"
            .formatted(
                memory.what(),
                by.thread().x(),
                by.thread().y(),
                by.thread().z(),
                use.verb(),
                origin.computed() ? "what comes of it" : "it",
                by.ptxLine(),
                by.instruction(),
                source),
        memory.site());
  }

  private static String made(Origin origin, @Nullable Register register) {
    String never = origin.register() == null ? "" : origin.register().name();
    String name = register == null ? "of a vector" : register.name();
    return name.equals(never) ? name : name + ", made from " + never;
  }

  private static String done(@Nullable AccessSite before) {
    return before == null ? "accessed" : before.pastVerb() + " " + before.where();
  }

  private static String begun(@Nullable AccessSite copy) {
    return copy == null ? "copies" : "copies " + copy.where();
  }

  /** Which bytes of an access were never written. */
  private static String missing(long at, int size, LongPredicate written) {
    int first = 0;
    while (first < size - 1 && written.test(at + first)) {
      first++;
    }
    int end = first + 1;
    while (end < size && !written.test(at + end)) {
      end++;
    }
    if (end - first == size) {
      return "nobody has written there";
    }
    String which =
        end - first == 1
            ? "byte " + first + " of it was"
            : "bytes " + first + " to " + (end - 1) + " of it were";
    return which + " never written";
  }

  private String shared(int offset, int size) {
    return "%d bytes at shared address 0x%x%s".formatted(size, offset, variable(offset));
  }

  private String variable(int offset) {
    SharedVariable found = null;
    for (SharedVariable variable : variables) {
      boolean inside =
          offset >= variable.address()
              && (variable.bytes() == 0 || offset < variable.address() + variable.bytes());
      if (inside && (found == null || found.bytes() == 0)) {
        found = variable;
      }
    }
    if (found == null) {
      return "";
    }
    return " (offset " + (offset - found.address()) + " of " + found.name() + ")";
  }
}
