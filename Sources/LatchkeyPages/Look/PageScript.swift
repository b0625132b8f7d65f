/// The only script of the pages: a button that shows what was typed as a password, and times of day where the person
/// is. Without it every page works.
enum PageScript {
    static let source = """
        'use strict';
        for (const button of document.querySelectorAll('button.show')) {
          const input = document.getElementById(button.getAttribute('aria-controls'));
          if (!input) continue;
          const show = (on) => {
            input.type = on ? 'text' : 'password';
            button.textContent = on ? button.dataset.otherText : button.dataset.text;
            button.setAttribute('aria-label', on ? button.dataset.otherLabel : button.dataset.label);
          };
          button.hidden = false;
          button.addEventListener('click', () => show(input.type === 'password'));
          // Browsers offer to keep only what is sent from a password field.
          if (input.form) input.form.addEventListener('submit', () => show(false));
        }
        const form = new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: 'medium', timeStyle: 'short'});
        for (const time of document.querySelectorAll('time[datetime]')) {
          const instant = new Date(time.dateTime);
          if (!Number.isNaN(instant.getTime())) time.textContent = form.format(instant);
        }

        """
}
