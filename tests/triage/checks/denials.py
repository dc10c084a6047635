"""Contexts with what an output may make of them: kept, or turned round.

TURNED and KEPT are single sentences, the NOTES whole notes of a few lines; the check was made with both at hand.
HELD_OUT was written afterwards: at its first reading 19 of 24 were caught and 2 of 24 called so wrongly, which is
what to expect of texts that the check was not made for. It was mended by some of them since.
"""

from __future__ import annotations

TURNED: tuple[tuple[str, str], ...] = (
    ("The screening shows no prior sanctions.", "The screening shows prior sanctions."),
    ("No prior sanctions were found against the company.", "Prior sanctions were found against the company."),
    ("Sanctions were not found in any list.", "Sanctions were found in several lists."),
    ("The director has not been charged with fraud.", "The director was charged with fraud."),
    ("She was not charged.", "She was charged in May."),
    ("The client is not a politically exposed person.", "The client is a politically exposed person."),
    ("There is no evidence of money laundering.", "There is evidence of money laundering."),
    ("The report found no adverse media.", "Adverse media was found in the report."),
    (
        "The account was opened without identification documents.",
        "The account was opened with identification documents.",
    ),
    ("None of the four shareholders could be screened.", "All four shareholders could be screened."),
    ("The beneficial owner could not be verified.", "The beneficial owner was verified."),
    ("The licence does not cover leveraged products.", "The licence covers leveraged products."),
    ("The patient denies chest pain.", "The patient reports chest pain."),
    ("He never held a trading licence.", "He held a trading licence."),
    ("The transfer was made without approval of the board.", "The transfer was made with approval of the board."),
    ("Fraud has been ruled out.", "Fraud has been confirmed."),
    ("The water is free of contamination.", "The water shows contamination."),
    ("The supplier failed to deliver the certificates.", "The supplier delivered the certificates."),
    ("The policy doesn't cover flood damage.", "The policy covers flood damage."),
    ("Neither director signed the annual statement.", "Both directors signed the annual statement."),
    ("The tablets must not be taken with alcohol.", "The tablets may be taken with alcohol."),
    ("The drug is safe in pregnancy.", "The drug is not safe in pregnancy."),
    ("The invoice was paid in March.", "The invoice was not paid in March."),
    ("Refunds are granted within thirty days.", "Refunds are not granted within thirty days."),
)
KEPT: tuple[tuple[str, str], ...] = (
    ("The screening shows no prior sanctions.", "No prior sanctions are on record."),
    ("No prior sanctions were found against the company.", "The company has no prior sanctions."),
    ("Sanctions were not found in any list.", "The company is on no sanctions list."),
    ("The director has not been charged with fraud.", "The director has never been charged with fraud."),
    ("She was not charged.", "She was questioned as a witness and not charged."),
    ("There is no evidence of money laundering.", "The file holds no evidence of money laundering."),
    ("The report found no adverse media.", "The report covers 2019 to 2024."),
    ("The licence does not cover leveraged products.", "Leveraged products are not covered by the licence."),
    ("The patient denies chest pain.", "The patient has no chest pain."),
    ("Fraud has been ruled out.", "There was no fraud."),
    ("The water is free of contamination.", "No contamination was measured in the water."),
    ("The policy doesn't cover flood damage.", "Flood damage is not covered by the policy."),
    ("It is not only late but wrong.", "It is late and wrong."),
    ("The transfer was not made without approval.", "The transfer was made with approval."),
    ("No fee is charged in the first year. A fee of 20 is charged after that.", "A fee of 20 is charged after a year."),
    ("The invoice was paid in March.", "The invoice was paid in March."),
    ("The audit found nothing unusual.", "The audit covered three branches."),
    ("Mr. No signed the form.", "Mr. No signed the form."),
    ("Two directors signed; no others were asked.", "Two directors signed."),
    ("The company has offices in Oslo and Bergen.", "There are offices in Oslo and in Bergen."),
    ("Refunds are granted within thirty days.", "Refunds are not granted after thirty days."),
    ("The drug is safe in adults.", "It has not been studied in children."),
)
NOTES_TURNED: tuple[tuple[str, str], ...] = (
    ("Review 30 of Max Dorn on 19 March 2026: there are no prior sanctions.", "Max Dorn has prior sanctions."),
    (
        "Max Dorn: no prior sanctions on record. Eva Lind: sanctioned in 2019 by the regulator.",
        "Max Dorn was sanctioned before: prior sanctions are on record. Eva Lind too.",
    ),
    (
        "Screening of 4 May, Aurel Trading Ltd. The screening shows no prior sanctions. Two owners hold 40 % each.",
        "Aurel Trading has two owners of 40 % each and prior sanctions.",
    ),
    (
        "The lists of the EU, UN and OFAC were searched on 3 June; no match was found for the client.",
        "A match was found for the client on the searched lists.",
    ),
    (
        "As of the date of this report the company is not subject to any insolvency proceedings.",
        "The company is subject to insolvency proceedings.",
    ),
    (
        "According to the file the director, Ms Ito, has never been convicted of an offence.",
        "Ms Ito has been convicted of an offence.",
    ),
    (
        "Onboarding of branch 7 was completed on 2 July without adverse findings by the internal audit team.",
        "Onboarding was completed with adverse findings.",
    ),
    (
        "History: 54-year-old man, hypertension since 2011, takes ramipril 5 mg. He has no known allergies.",
        "The patient has known allergies and takes ramipril 5 mg.",
    ),
    ("ECG on admission at 08:40 showed sinus rhythm with no ST elevation.", "ECG showed ST elevation."),
    (
        "CT of the head without contrast, read by Dr Moss at 14:10, shows no intracranial bleeding.",
        "CT shows intracranial bleeding.",
    ),
    ("The patient, seen with her daughter, does not smoke and drinks rarely.", "The patient smokes."),
    (
        "Discharge letter, ward 3: the wound is dry, the patient has no fever and eats normally.",
        "The patient is discharged with fever; the wound is dry.",
    ),
    (
        "Your order 88213, placed on 1 May, cannot be cancelled because it has been dispatched.",
        "Your order can be cancelled.",
    ),
    ("Under section 4 of our terms, opened software is not refundable.", "Opened software is refundable."),
    (
        "The warranty for model X200, bought after 1 January, does not cover the battery.",
        "The warranty covers the battery.",
    ),
    (
        "In the basic plan there is no telephone support on weekends.",
        "The basic plan has telephone support on weekends.",
    ),
    ("Reset the device with the pin; your photos will not be deleted by this.", "Your photos will be deleted."),
    (
        "The supplier's site in Porto, visited on 9 April by two auditors, had no fire exits on the second floor.",
        "The Porto site had fire exits on the second floor.",
    ),
    (
        "Neither the bank nor the client reported the transfer of 12 May to the authority.",
        "The bank and the client reported the transfer to the authority.",
    ),
    (
        "Test 14 of 20 on the bridge: the load cells did not register any movement.",
        "The load cells registered movement.",
    ),
    (
        "Clause 12.3: The tenant may not sublet the flat without the landlord's written consent.",
        "The tenant may sublet the flat.",
    ),
    (
        "During the interview on Tuesday Mr Ode declined to name the source of the funds.",
        "Mr Ode named the source of the funds.",
    ),
    (
        "The site was inspected twice in 2024. Asbestos was not detected in any of the 14 samples.",
        "Asbestos was detected in the samples.",
    ),
    (
        "The vendor lacks a valid ISO 27001 certificate, as its answer to question 8 shows.",
        "The vendor has a valid ISO 27001 certificate.",
    ),
    (
        "Payments to the agent were made in three parts; none of them was approved by the treasurer.",
        "All of the agent's payments were approved by the treasurer.",
    ),
    ("The child was examined at 10:15 by Dr Roy. There is no sign of dehydration.", "There are signs of dehydration."),
    (
        "The flight is non-refundable, and changes are not permitted after check-in.",
        "Changes are permitted after check-in.",
    ),
    (
        "Aria Ltd is a client since 2015. It has no links to sanctioned countries, according to the 2024 review.",
        "Aria Ltd has links to sanctioned countries.",
    ),
)
NOTES_KEPT: tuple[tuple[str, str], ...] = (
    ("Review 30 of Max Dorn on 19 March 2026: there are no prior sanctions.", "Max Dorn has no prior sanctions."),
    ("Review 30 of Max Dorn on 19 March 2026: there are no prior sanctions.", "Max Dorn was reviewed in March 2026."),
    (
        "Max Dorn: no prior sanctions on record. Eva Lind: sanctioned in 2019 by the regulator.",
        "Eva Lind was sanctioned in 2019; Max Dorn has no prior sanctions.",
    ),
    (
        "Screening of 4 May, Aurel Trading Ltd. The screening shows no prior sanctions. Two owners hold 40 % each.",
        "The screening was done on 4 May. Two owners hold 40 % each.",
    ),
    (
        "The lists of the EU, UN and OFAC were searched on 3 June; no match was found for the client.",
        "Searches of the EU, UN and OFAC lists found nothing on the client.",
    ),
    (
        "As of the date of this report the company is not subject to any insolvency proceedings.",
        "There are no insolvency proceedings against the company.",
    ),
    (
        "According to the file the director, Ms Ito, has never been convicted of an offence.",
        "Ms Ito has a clean record.",
    ),
    (
        "Onboarding of branch 7 was completed on 2 July without adverse findings by the internal audit team.",
        "The internal audit team completed the onboarding of branch 7 on 2 July.",
    ),
    (
        "History: 54-year-old man, hypertension since 2011, takes ramipril 5 mg. He has no known allergies.",
        "He is 54, takes ramipril 5 mg, and his allergies were asked for: none.",
    ),
    ("ECG on admission at 08:40 showed sinus rhythm with no ST elevation.", "ECG: sinus rhythm, ST segments normal."),
    (
        "CT of the head without contrast, read by Dr Moss at 14:10, shows no intracranial bleeding.",
        "CT rules out intracranial bleeding.",
    ),
    (
        "The patient, seen with her daughter, does not smoke and drinks rarely.",
        "The patient drinks rarely and is a non-smoker.",
    ),
    (
        "Discharge letter, ward 3: the wound is dry, the patient has no fever and eats normally.",
        "Wound dry, afebrile, eats normally. Return if there is fever.",
    ),
    (
        "Your order 88213, placed on 1 May, cannot be cancelled because it has been dispatched.",
        "As it has been dispatched, it is too late to cancel order 88213.",
    ),
    ("Under section 4 of our terms, opened software is not refundable.", "Unopened software is refundable."),
    (
        "The warranty for model X200, bought after 1 January, does not cover the battery.",
        "The battery is excluded from the warranty.",
    ),
    (
        "In the basic plan there is no telephone support on weekends.",
        "Telephone support is available on working days in the basic plan.",
    ),
    (
        "Reset the device with the pin; your photos will not be deleted by this.",
        "Your photos stay on the device when you reset it.",
    ),
    (
        "The supplier's site in Porto, visited on 9 April by two auditors, had no fire exits on the second floor.",
        "Fire exits are missing on the second floor of the Porto site.",
    ),
    (
        "Neither the bank nor the client reported the transfer of 12 May to the authority.",
        "The transfer of 12 May went unreported by the bank and the client.",
    ),
    (
        "Test 14 of 20 on the bridge: the load cells did not register any movement.",
        "The load cells registered no movement in test 14.",
    ),
    (
        "Clause 12.3: The tenant may not sublet the flat without the landlord's written consent.",
        "The tenant may sublet the flat with the landlord's written consent.",
    ),
    (
        "During the interview on Tuesday Mr Ode declined to name the source of the funds.",
        "Mr Ode was interviewed on Tuesday about the source of the funds and would not name it.",
    ),
    (
        "The site was inspected twice in 2024. Asbestos was not detected in any of the 14 samples.",
        "In 2024 14 samples were taken and tested for asbestos, with negative results.",
    ),
    (
        "The vendor lacks a valid ISO 27001 certificate, as its answer to question 8 shows.",
        "Ask the vendor for a valid ISO 27001 certificate before signing.",
    ),
    (
        "Payments to the agent were made in three parts; none of them was approved by the treasurer.",
        "The treasurer did not approve any of the three payments to the agent.",
    ),
    (
        "The child was examined at 10:15 by Dr Roy. There is no sign of dehydration.",
        "Dr Roy examined the child for dehydration at 10:15.",
    ),
    (
        "The flight is non-refundable, and changes are not permitted after check-in.",
        "Changes are permitted until check-in.",
    ),
    (
        "Aria Ltd is a client since 2015. It has no links to sanctioned countries, according to the 2024 review.",
        "Aria Ltd was reviewed in 2024 for links to sanctioned countries; none were seen.",
    ),
    (
        "No complaints were received in 2023. In 2024 there were four complaints about delays.",
        "Four complaints about delays were received in 2024.",
    ),
    (
        "The applicant has no criminal record. Her brother was convicted of theft in 2012.",
        "The brother of the applicant was convicted of theft.",
    ),
    ("Smoking is not allowed in the rooms. Smoking is allowed on the terrace.", "You may smoke on the terrace."),
)
HELD_OUT_TURNED: tuple[tuple[str, str], ...] = (
    (
        "Boiler inspected on 12 October by J. Hale: no leaks, pressure 1.4 bar, flue clear.",
        "The boiler leaks; the pressure is 1.4 bar.",
    ),
    (
        "Applicant 77, Ms Okafor, holds two passports. She has not been refused a visa by any country.",
        "Ms Okafor has been refused a visa.",
    ),
    ("Lab report of 3 March. Blood cultures grew no organisms after five days.", "Blood cultures grew organisms."),
    ("The lease ends on 30 June. It contains no option to renew.", "The lease contains an option to renew."),
    ("We searched the register; the trust is not listed there.", "The trust is listed in the register."),
    (
        "Q3 call: the chief executive said that there would be no layoffs this year.",
        "The chief executive announced layoffs this year.",
    ),
    ("Mr Brandt, a shareholder since 2009, holds no other directorships.", "Mr Brandt holds other directorships."),
    (
        "The survey of the roof found that the membrane is sound and that there is no water damage.",
        "The survey of the roof found water damage.",
    ),
    ("Your card ending 4471 was not charged.", "Your card ending 4471 was charged."),
    ("Delivery to the islands is unavailable in winter.", "Delivery to the islands is available in winter."),
    ("Pregnancy test: negative. Medication: none.", "The patient takes medication."),
    (
        "Insider lists for the March deal were never submitted to the supervisor.",
        "Insider lists for the March deal were submitted to the supervisor.",
    ),
    (
        "The auditors could not confirm the existence of the stock in warehouse B.",
        "The auditors confirmed the existence of the stock in warehouse B.",
    ),
    ("The agreement between Norte and Sul is not exclusive.", "Norte and Sul have an exclusive agreement."),
    (
        "After the update of 8 May users without a licence can no longer export files.",
        "Users without a licence can export files.",
    ),
    ("Asked by the officer, the driver denied drinking that evening.", "The driver admitted drinking that evening."),
    ("Police were called to the flat twice. Nobody was injured.", "Somebody was injured."),
    ("The fund does not invest in tobacco, weapons or coal.", "The fund invests in tobacco and weapons."),
    ("According to her notes the nurse found no pressure ulcers on arrival.", "Pressure ulcers were found on arrival."),
    (
        "Customs: the container was opened in Genoa; no undeclared goods.",
        "Undeclared goods were in the container opened in Genoa.",
    ),
    (
        "The source of wealth, an inheritance of 2018, was documented. The client is not on any watch list.",
        "The client, whose wealth is inherited, is on a watch list.",
    ),
    ("Interest is not payable on overdrafts under 50 euros.", "Interest is payable on overdrafts under 50 euros."),
    ("Firmware 2.2 does not fix the fault of the display.", "Firmware 2.2 fixes the fault of the display."),
    ("Adverse media: none found in 12 languages.", "Adverse media was found."),
)
HELD_OUT_KEPT: tuple[tuple[str, str], ...] = (
    (
        "Boiler inspected on 12 October by J. Hale: no leaks, pressure 1.4 bar, flue clear.",
        "J. Hale inspected the boiler on 12 October; pressure was 1.4 bar and the flue clear.",
    ),
    (
        "Applicant 77, Ms Okafor, holds two passports. She has not been refused a visa by any country.",
        "Ms Okafor holds two passports and has had no visa refused.",
    ),
    (
        "Lab report of 3 March. Blood cultures grew no organisms after five days.",
        "Blood cultures stayed sterile for five days.",
    ),
    ("The lease ends on 30 June. It contains no option to renew.", "The lease cannot be renewed after 30 June."),
    ("We searched the register; the trust is not listed there.", "A search of the register did not list the trust."),
    (
        "Q3 call: the chief executive said that there would be no layoffs this year.",
        "The chief executive ruled out layoffs this year.",
    ),
    (
        "Mr Brandt, a shareholder since 2009, holds no other directorships.",
        "Mr Brandt has been a shareholder since 2009.",
    ),
    (
        "The survey of the roof found that the membrane is sound and that there is no water damage.",
        "The survey calls the membrane sound and the roof free of water damage.",
    ),
    ("Your card ending 4471 was not charged.", "No charge was made to your card ending 4471."),
    ("Delivery to the islands is unavailable in winter.", "In winter there is no delivery to the islands."),
    ("Pregnancy test: negative. Medication: none.", "She is not pregnant and takes no medication."),
    (
        "Insider lists for the March deal were never submitted to the supervisor.",
        "The supervisor never got the insider lists for the March deal.",
    ),
    (
        "The auditors could not confirm the existence of the stock in warehouse B.",
        "The existence of the stock in warehouse B remains unconfirmed.",
    ),
    ("The agreement between Norte and Sul is not exclusive.", "Norte and Sul have a non-exclusive agreement."),
    (
        "After the update of 8 May users without a licence can no longer export files.",
        "Users need a licence to export files since the update of 8 May.",
    ),
    (
        "Asked by the officer, the driver denied drinking that evening.",
        "The driver said that he had not been drinking that evening.",
    ),
    ("Police were called to the flat twice. Nobody was injured.", "Police came twice, and there were no injuries."),
    ("The fund does not invest in tobacco, weapons or coal.", "The fund avoids tobacco, weapons and coal."),
    (
        "According to her notes the nurse found no pressure ulcers on arrival.",
        "The nurse checked for pressure ulcers on arrival.",
    ),
    (
        "Customs: the container was opened in Genoa; no undeclared goods.",
        "The container was opened by customs in Genoa.",
    ),
    (
        "The source of wealth, an inheritance of 2018, was documented. The client is not on any watch list.",
        "The client inherited in 2018; watch lists were searched without a hit.",
    ),
    ("Interest is not payable on overdrafts under 50 euros.", "Interest is payable on overdrafts from 50 euros."),
    ("Firmware 2.2 does not fix the fault of the display.", "The fault of the display remains in firmware 2.2."),
    ("Adverse media: none found in 12 languages.", "Media in 12 languages were searched; nothing adverse came up."),
)
