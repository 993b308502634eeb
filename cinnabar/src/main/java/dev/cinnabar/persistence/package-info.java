/// **Persistence: the change log on disk.**
@NullMarked
package dev.cinnabar.persistence;

import org.jspecify.annotations.NullMarked;
