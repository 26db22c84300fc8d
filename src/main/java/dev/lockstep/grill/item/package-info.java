/**
 * What the drill asks: five kinds of {@link dev.lockstep.grill.item.Item}, each graded by code
 * except the last, which the asked person grades.
 */
@NullMarked
package dev.lockstep.grill.item;

import org.jspecify.annotations.NullMarked;
