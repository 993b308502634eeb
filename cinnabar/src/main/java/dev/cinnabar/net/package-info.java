@NullMarked
package dev.cinnabar.net;

import org.jspecify.annotations.NullMarked;
