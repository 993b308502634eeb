@NullMarked
package dev.cinnabar.config;

import org.jspecify.annotations.NullMarked;
