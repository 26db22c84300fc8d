package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Elements of arrays by their index (PTX ISA 6.4.2): {@code a[2]}, {@code a[%i+1]}. Of vectors the
 * numbers are counted, not the vectors. An index in a register is taken modulo 2³² and as unsigned,
 * which is what the assembler makes of it.
 */
final class Elements {
  /** What takes the value there; what else may name an element takes its address. */
  private static final Set<String> VALUES = Set.of("ld", "ldu", "st");

  private static final Set<String> ADDRESSES = Set.of("mov", "cvta");

  /** What elements of a variable are: numbers, also where it is one of vectors. */
  record Array(StateSpace space, ScalarType type) {
    static Array of(Variable variable) {
      return new Array(variable.space(), variable.type());
    }
  }

  private final Lexer lexer;
  private final Scopes scopes;
  private final Names names;
  private final List<Preparation> preparations;

  /**
   * @param preparations where instructions go that compute what operands need
   */
  Elements(Lexer lexer, Scopes scopes, Names names, List<Preparation> preparations) {
    this.lexer = lexer;
    this.scopes = scopes;
    this.names = names;
    this.preparations = preparations;
  }

  /**
   * From the opening bracket on.
   *
   * @param opcode of the instruction the operand belongs to, as written
   */
  Operand parse(Operand.Symbol array, String opcode) {
    List<String> parts = Syntax.split(opcode);
    boolean value = VALUES.contains(parts.getFirst());
    if (!value && !ADDRESSES.contains(parts.getFirst())) {
      throw lexer.error("an element of an array where " + parts.getFirst() + " takes none");
    }
    Array declared = scopes.array(array.name());
    declared = declared == null ? names.array(array.name()) : declared;
    if (declared == null || array.offset() != 0) {
      throw lexer.error("an index behind what is no array declared so far");
    }
    lexer.advance();
    Register index = lexer.kind() == Lexer.WORD ? scopes.find(lexer.text()) : null;
    Operand element;
    if (index == null) {
      long offset = ConstantExpression.integer(lexer) * declared.type.bytes();
      Operand.Symbol symbol = new Operand.Symbol(array.name(), offset);
      element = value ? new Operand.Address(new Operand.Symbol(array.name(), 0), offset) : symbol;
    } else {
      Register address = address(array, declared.type, unsigned(index));
      element =
          value
              ? new Operand.Address(new Operand.Reg(pointer(address, declared, parts)), 0)
              : as(address, parts);
    }
    Syntax.expect(lexer, ']');
    return element;
  }

  /** The index as 32 bits, what is added to it included. */
  private Register unsigned(Register index) {
    if (!Preparation.isInteger(index.type())) {
      throw lexer.error("index " + index + " is a ." + index.type().spelling() + " register");
    }
    lexer.advance();
    Register whole = index;
    if (index.type().bytes() != 4) {
      whole = scopes.unnamed(index.name(), ScalarType.U32);
      boolean signed = index.type() == ScalarType.S16;
      String from = (signed ? "s" : "u") + index.type().bits();
      prepare("cvt", List.of(signed ? "s32" : "u32", from), whole, new Operand.Reg(index));
    }
    if (!lexer.at('+')) {
      return whole;
    }
    lexer.advance();
    Register sum = scopes.unnamed(index + "+…", ScalarType.U32);
    Operand.IntLiteral constant = new Operand.IntLiteral(ConstantExpression.integer(lexer));
    prepare("add", List.of("u32"), sum, new Operand.Reg(whole), constant);
    return sum;
  }

  private Register address(Operand.Symbol array, ScalarType type, Register index) {
    Register start = scopes.unnamed(array.name(), ScalarType.U64);
    prepare("mov", List.of("u64"), start, array);
    Register address = scopes.unnamed(array.name() + "[" + index + "]", ScalarType.U64);
    prepare(
        "mad",
        List.of("wide", "u32"),
        address,
        new Operand.Reg(index),
        new Operand.IntLiteral(type.bytes()),
        new Operand.Reg(start));
    return address;
  }

  /** Without a state space, an access takes a generic address. */
  private Register pointer(Register address, Array array, List<String> parts) {
    boolean named = parts.stream().anyMatch(part -> StateSpace.named(part) != null);
    if (named || array.space == StateSpace.GLOBAL) {
      return address;
    }
    Register generic = scopes.unnamed(address.name(), ScalarType.U64);
    prepare("cvta", List.of(array.space.spelling(), "u64"), generic, new Operand.Reg(address));
    return generic;
  }

  /** A {@code mov} of 32 bits, as shared memory allows, takes the lower ones. */
  private Operand as(Register address, List<String> parts) {
    if (!parts.getLast().endsWith("32")) {
      return new Operand.Reg(address);
    }
    Register narrow = scopes.unnamed(address.name(), ScalarType.U32);
    prepare("cvt", List.of("u32", "u64"), narrow, new Operand.Reg(address));
    return new Operand.Reg(narrow);
  }

  private void prepare(String opcode, List<String> modifiers, Register result, Operand... from) {
    List<Operand> operands = new ArrayList<>(List.of(new Operand.Reg(result)));
    operands.addAll(List.of(from));
    preparations.add(new Preparation(opcode, modifiers, List.copyOf(operands)));
  }
}
