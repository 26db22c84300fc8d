package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which bits of a result have no value, given those of what it is computed from. Where an
 * instruction moves or masks bits, that is known bit by bit; of sums, everything from the lowest
 * bit without a value on has none; of all else, everything. A choice has the bits in which what may
 * be chosen agrees.
 */
final class BitRules {
  /** Nothing has a value unless everything has. */
  static final Rule ANY = (value, without) -> any(without) ? -1 : 0;

  /** What adds up from the lowest bit on, and what carries there goes up. */
  private static final Rule RIPPLE =
      (value, without) -> {
        long lowest = 0;
        for (long bits : without) {
          lowest |= bits;
        }
        return lowest == 0 ? 0 : -Long.lowestOneBit(lowest);
      };

  private static final Set<String> PACKED = Set.of("f16x2", "bf16x2", "u16x2", "s16x2", "f32x2");

  private static final Set<String> MOVES =
      Set.of(
          "mov", "and", "or", "xor", "not", "lop3", "selp", "slct", "shl", "shr", "shf", "prmt",
          "bfe", "bfi", "szext", "cvt");

  /** Says which bits of a result have no value. */
  @FunctionalInterface
  interface Rule {
    /**
     * @param value of each source
     * @param without the bits of each that have none
     */
    long of(long[] value, long[] without);
  }

  private final Instruction in;
  private final List<Computed.Source> sources;
  private final boolean plain;
  private final @Nullable ScalarType type;
  private final int width;

  /**
   * @param plain whether all values are known
   */
  BitRules(Instruction in, List<Computed.Source> sources, boolean plain) {
    this.in = in;
    this.sources = sources;
    this.plain = plain;
    this.type = in.modifiers().isEmpty() ? null : ScalarType.named(in.modifiers().getLast());
    this.width = type == null ? 64 : type == ScalarType.PRED ? 1 : type.bits();
  }

  /** Whether the instruction only moves bits about. A shift left within a byte multiplies. */
  boolean moves() {
    if (in.opcode().equals("shl") && sources.size() == 2) {
      Computed.Source by = sources.get(1);
      return by.register() != null || by.value() % Byte.SIZE == 0;
    }
    return MOVES.contains(in.opcode()) && (!in.opcode().equals("cvt") || isIntegral());
  }

  /** The rule for one of its results. */
  Rule of(int n, int results, Register result) {
    if (in.opcode().equals("mov")) {
      return width > 64 ? ANY : mov(n, results);
    }
    if (!plain) {
      return ANY;
    }
    int count = sources.size();
    return switch (in.opcode()) {
      case "not" -> count == 1 ? FIRST : ANY;
      case "and" -> logic(0xc0, 2);
      case "or" -> logic(0xfc, 2);
      case "xor" -> logic(0x3c, 2);
      case "lop3" -> lop3(result);
      case "selp" -> count == 3 ? BitRules::chosen : ANY;
      case "slct" -> count == 3 ? slct() : ANY;
      case "shl", "shr" -> count == 2 ? this::shift : ANY;
      case "shf" -> count == 3 && width == 32 ? this::funnel : ANY;
      case "prmt" -> count == 3 && in.modifiers().size() == 1 ? this::permute : ANY;
      case "bfe" -> count == 3 ? this::extract : ANY;
      case "bfi" -> count == 4 ? this::insert : ANY;
      case "cvt" -> convert();
      case "setp" -> setp();
      case "add", "sub", "mul", "mad", "neg", "cvta" -> sum();
      default -> isPacked() ? this::halves : ANY;
    };
  }

  private static final Rule FIRST = (value, without) -> without[0];

  private boolean isPacked() {
    return type != null && PACKED.contains(type.spelling());
  }

  private static boolean any(long[] without) {
    long all = 0;
    for (long bits : without) {
      all |= bits;
    }
    return all != 0;
  }

  private static long low(int bits) {
    return bits >= 64 ? -1 : bits <= 0 ? 0 : (1L << bits) - 1;
  }

  private Rule mov(int n, int results) {
    int count = sources.size();
    if (count == results) {
      return (value, without) -> without[n];
    }
    if (results > 1) {
      int each = width / results;
      return (value, without) -> without[0] >>> n * each & low(each);
    }
    int each = width / Math.max(count, 1);
    return (value, without) -> {
      long bits = 0;
      for (int i = 0; i < count; i++) {
        bits |= (without[i] & low(each)) << i * each;
      }
      return bits;
    };
  }

  private Rule logic(int table, int count) {
    if (sources.size() != count) {
      return ANY;
    }
    return (value, without) -> logic(table, value[0], without[0], value[1], without[1], 0, 0);
  }

  private Rule lop3(Register result) {
    boolean simple =
        sources.size() == 4
            && sources.get(3).register() == null
            && width == 32
            && result.type() != ScalarType.PRED;
    if (!simple) {
      return ANY;
    }
    int table = (int) sources.get(3).value();
    return (v, u) -> logic(table, v[0], u[0], v[1], u[1], v[2], u[2]);
  }

  /** A bit is known when it is the same whatever the unknown ones are. */
  private static long logic(int table, long a, long ua, long b, long ub, long c, long uc) {
    long one = 0;
    long zero = 0;
    for (int i = 0; i < 8; i++) {
      long possible =
          ((i & 4) != 0 ? a | ua : ~a | ua)
              & ((i & 2) != 0 ? b | ub : ~b | ub)
              & ((i & 1) != 0 ? c | uc : ~c | uc);
      if ((table >>> i & 1) != 0) {
        one |= possible;
      } else {
        zero |= possible;
      }
    }
    return one & zero;
  }

  private static long chosen(long[] v, long[] u) {
    if (u[2] == 0) {
      return v[2] != 0 ? u[0] : u[1];
    }
    return u[0] | u[1] | v[0] ^ v[1];
  }

  private Rule slct() {
    boolean single = in.modifiers().getLast().equals("f32");
    float zero = in.has("ftz") ? -Float.MIN_NORMAL : -Float.MIN_VALUE;
    long decides = single ? -1 : 1L << 31;
    return (v, u) -> {
      if ((u[2] & decides) != 0) {
        return u[0] | u[1] | v[0] ^ v[1];
      }
      boolean first = single ? Float.intBitsToFloat((int) v[2]) > zero : (int) v[2] >= 0;
      return first ? u[0] : u[1];
    };
  }

  private long shift(long[] v, long[] u) {
    if (u[1] != 0) {
      return -1;
    }
    int by = (int) Math.min(v[1] & 0xffff_ffffL, width);
    if (in.opcode().equals("shl")) {
      return by == width ? 0 : u[0] << by;
    }
    long bits = u[0] & low(width);
    boolean sign = type != null && type.isSigned() && (bits >>> width - 1 & 1) != 0;
    return (by == width ? 0 : bits >>> by) | (sign ? ~low(width - by) : 0);
  }

  private long funnel(long[] v, long[] u) {
    if (u[2] != 0) {
      return -1;
    }
    int by = (int) (in.has("clamp") ? Math.min(v[2] & 0xffff_ffffL, 32) : v[2] & 31);
    long bits = u[1] << 32 | u[0] & 0xffff_ffffL;
    return (in.has("l") ? bits << by >>> 32 : bits >>> by) & 0xffff_ffffL;
  }

  private long permute(long[] v, long[] u) {
    if ((u[2] & 0xffff) != 0) {
      return -1;
    }
    long bits = u[1] << 32 | u[0] & 0xffff_ffffL;
    long result = 0;
    for (int i = 0; i < 4; i++) {
      int which = (int) (v[2] >>> 4 * i);
      long its = bits >>> 8 * (which & 7) & 0xff;
      if ((which & 8) != 0) {
        its = its >>> 7 == 0 ? 0 : 0xff;
      }
      result |= its << 8 * i;
    }
    return result;
  }

  private long extract(long[] v, long[] u) {
    if (((u[1] | u[2]) & 0xff) != 0) {
      return -1;
    }
    int at = (int) (v[1] & 0xff);
    int bits = (int) (v[2] & 0xff);
    long source = u[0] & low(width);
    long result = at >= width ? 0 : source >>> at & low(bits);
    int sign = Math.min(at + bits - 1, width - 1);
    boolean extends_ = type != null && type.isSigned() && bits > 0 && (source >>> sign & 1) != 0;
    return extends_ ? result | ~low(Math.max(0, sign - at)) : result;
  }

  private long insert(long[] v, long[] u) {
    if (((u[2] | u[3]) & 0xff) != 0) {
      return -1;
    }
    int at = (int) (v[2] & 0xff);
    if (at >= width) {
      return u[1];
    }
    long field = low((int) (v[3] & 0xff)) << at & low(width);
    return u[0] << at & field | u[1] & ~field;
  }

  private boolean isIntegral() {
    List<String> types = in.modifiers();
    return types.size() == 2
        && isInteger(ScalarType.named(types.get(0)))
        && isInteger(ScalarType.named(types.get(1)));
  }

  private static boolean isInteger(@Nullable ScalarType type) {
    return type != null
        && switch (type) {
          case U8, S8, B8, U16, S16, B16, U32, S32, B32, U64, S64, B64 -> true;
          default -> false;
        };
  }

  private Rule convert() {
    List<String> types = in.modifiers();
    ScalarType to = types.size() < 2 ? null : ScalarType.named(types.get(types.size() - 2));
    if (sources.size() == 2 && to != null && PACKED.contains(to.spelling())) {
      return (v, u) -> (u[0] == 0 ? 0 : 0xffff_0000L) | (u[1] == 0 ? 0 : 0xffffL);
    }
    if (!isIntegral() || to == null || type == null || sources.size() != 1) {
      return (v, u) -> (u[0] & low(width)) == 0 && sources.size() == 1 ? 0 : ANY.of(v, u);
    }
    // First as wide as asked for, then as wide as the register.
    return (v, u) -> extended(extended(u[0], type) & low(to.bits()), to);
  }

  /** The low bits of a type, and whatever repeats its sign. */
  private static long extended(long bits, ScalarType type) {
    int width = type.bits();
    boolean sign = type.isSigned() && (bits >>> width - 1 & 1) != 0;
    return bits & low(width) | (sign ? ~low(width) : 0);
  }

  /** Of two numbers that differ in a known bit it is known that they are not equal. */
  private Rule setp() {
    boolean equality = (in.has("eq") || in.has("ne")) && isInteger(type);
    boolean and = in.has("and");
    boolean or = in.has("or");
    return (v, u) -> {
      if (v.length == 3 && u[2] == 0 && (and && v[2] == 0 || or && v[2] != 0)) {
        return 0;
      }
      if (equality && v.length == 2) {
        long known = (v[0] ^ v[1]) & ~(u[0] | u[1]) & low(width);
        return known != 0 ? 0 : ((u[0] | u[1]) & low(width)) == 0 ? 0 : -1;
      }
      return ANY.of(v, u);
    };
  }

  private Rule sum() {
    boolean ripples =
        (type == null || isInteger(type)) && !in.has("hi") && !in.has("sat") && !in.has("cc");
    return ripples ? RIPPLE : isPacked() ? this::halves : ANY;
  }

  private long halves(long[] v, long[] u) {
    int each = width / 2;
    long all = 0;
    for (long bits : u) {
      all |= bits;
    }
    return ((all & low(each)) == 0 ? 0 : low(each))
        | ((all >>> each & low(each)) == 0 ? 0 : low(each) << each);
  }
}
