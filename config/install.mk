# Into PREFIX, below DESTDIR when a package is made: the program, its manual pages and completions, and the units and the
# launcher for a desktop session.
#
# A clone's Makefile includes this; in a release's archive it is the Makefile.

PREFIX ?= /usr/local
COMPLETIONS := bash-completion/completions zsh/site-functions fish/vendor_completions.d
PROGRAM := $(firstword $(wildcard ./fedbroker .build/release/fedbroker))

.PHONY: install

install:
	@test -x "$(PROGRAM)" || { echo "fedbroker: run make build first" >&2; exit 1; }
	install -D $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/fedbroker
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/,$(COMPLETIONS) systemd/user)
	$(PROGRAM) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/$(word 1,$(COMPLETIONS))/fedbroker
	$(PROGRAM) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/$(word 2,$(COMPLETIONS))/_fedbroker
	$(PROGRAM) --generate-completion-script fish \
	  > $(DESTDIR)$(PREFIX)/share/$(word 3,$(COMPLETIONS))/fedbroker.fish
	install -D --mode=644 config/desktop/fedbroker.desktop $(DESTDIR)$(PREFIX)/share/applications/fedbroker.desktop
	install -D --mode=644 config/desktop/fedbroker.svg \
	  $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps/fedbroker.svg
	install -D --mode=644 --target-directory=$(DESTDIR)$(PREFIX)/share/man/man1 docs/man/*.1
	for unit in fedbroker.service fedbroker-watch@.service; do \
	  sed 's|/usr/bin/fedbroker|$(PREFIX)/bin/fedbroker|' systemd/user/$$unit \
	    > $(DESTDIR)$(PREFIX)/share/systemd/user/$$unit; \
	done
