package dev.lockstep.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One instruction.
 *
 * @param guard {@code @%p} or {@code @!%p}, or null
 * @param opcode up to the first dot: {@code ld}
 * @param modifiers what follows, without dots: {@code global}, {@code nc}, {@code f32}
 * @param line line of the PTX text, from 1
 * @param text as written, white space collapsed
 * @param location the CUDA source line, or null where the PTX has no line table
 * @param usedBytes which of the bytes a load loads the program uses, a bit for each, as the pragma
 *     {@code used_bytes_mask} before it says: others may be a structure's padding
 */
public record Instruction(
    @Nullable Guard guard,
    String opcode,
    List<String> modifiers,
    List<Operand> operands,
    int line,
    String text,
    @Nullable SourceLocation location,
    int usedBytes) {

  /** An instruction that uses all it loads. */
  public Instruction(
      @Nullable Guard guard,
      String opcode,
      List<String> modifiers,
      List<Operand> operands,
      int line,
      String text,
      @Nullable SourceLocation location) {
    this(guard, opcode, modifiers, operands, line, text, location, -1);
  }

  /** The predicate an instruction runs under. */
  public record Guard(Register predicate, boolean negated) {}

  /** Whether a modifier is present. */
  public boolean has(String modifier) {
    return modifiers.contains(modifier);
  }

  /** Opcode and modifiers with their dots. */
  public String fullOpcode() {
    return modifiers.isEmpty() ? opcode : opcode + "." + String.join(".", modifiers);
  }
}
