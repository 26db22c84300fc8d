package dev.lockstep.check.run;

import java.util.ArrayList;
import java.util.List;

/** Names that C++ compilers give functions (Itanium C++ ABI, 5.1), as far as identifiers go. */
final class MangledName {
  private MangledName() {}

  /** Whether {@code _ZN5space3addIfEEvPT_i} is {@code add} or {@code space::add}. */
  static boolean isOf(String mangled, String name) {
    List<String> identifiers = identifiers(mangled);
    if (identifiers.isEmpty()) {
      return false;
    }
    return name.equals(identifiers.getLast()) || name.equals(String.join("::", identifiers));
  }

  /** The qualified name's parts; empty when it is not mangled. */
  private static List<String> identifiers(String mangled) {
    List<String> parts = new ArrayList<>();
    if (!mangled.startsWith("_Z")) {
      return parts;
    }
    boolean nested = mangled.startsWith("_ZN");
    int at = nested ? 3 : 2;
    while (at < mangled.length() && Character.isDigit(mangled.charAt(at))) {
      int length = 0;
      while (at < mangled.length() && Character.isDigit(mangled.charAt(at)) && length < 10_000) {
        length = 10 * length + mangled.charAt(at++) - '0';
      }
      if (length > mangled.length() - at) {
        return List.of();
      }
      parts.add(mangled.substring(at, at + length));
      at += length;
      if (!nested) {
        break;
      }
    }
    return parts;
  }
}
